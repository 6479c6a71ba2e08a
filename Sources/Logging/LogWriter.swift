@unsafe @preconcurrency import Dispatch
import Glibc
import Locking

/// Writes lines on a thread of its own, so that a reader that stops reading never blocks the process.
///
/// Lines wait in a bounded queue. When it is full, further lines are dropped and counted; once the reader is back, one
/// line says how many.
package final class LogWriter: Sendable {
    /// How many bytes may wait: some thousand lines.
    package static let defaultCapacity = 1 << 20

    private struct State {
        var queue: [[UInt8]] = []
        var queuedBytes = 0
        /// Whether the thread has lines that left the queue and are not written yet.
        var isWriting = false
        var isClosed = false
        var droppedLines = 0
        var reportedDrops = 0
        var report: (@Sendable (Int) -> [UInt8])?
        var flushes: [DispatchSemaphore] = []
    }

    /// What the thread shares with its owner; it outlives the owner while a write blocks.
    private final class Shared: Sendable {
        let descriptor: FileDescriptor
        let state = Locked(State())
        let wakeup = DispatchSemaphore(value: 0)

        init(descriptor: FileDescriptor) { self.descriptor = descriptor }
    }

    private let shared: Shared
    private let capacity: Int

    /// Starts the thread.
    ///
    /// - Parameter capacity: the bytes that may wait for the reader.
    /// - Throws: `LogWriterError` when the system has no thread left.
    package init(_ descriptor: FileDescriptor, capacity: Int = defaultCapacity) throws(LogWriterError) {
        shared = Shared(descriptor: descriptor)
        self.capacity = capacity
        let context = unsafe Unmanaged.passRetained(shared).toOpaque()
        var thread = pthread_t()
        let status = unsafe pthread_create(&thread, nil, { unsafe LogWriter.run($0) }, context)
        guard status == 0 else {
            unsafe Unmanaged<Shared>.fromOpaque(context).release()
            throw LogWriterError(code: status)
        }
        pthread_detach(thread)
    }

    deinit {
        shared.state.withLock { $0.isClosed = true }
        shared.wakeup.signal()
    }

    /// Lines dropped so far, because the queue was full or the descriptor could not be written.
    package var droppedLines: Int { shared.state.withLock(\.droppedLines) }

    /// Queues one whole line, or drops it when the queue is full; never blocks.
    package func write(_ line: [UInt8]) {
        let isQueued = shared.state.withLock { state in
            guard state.queuedBytes + line.count <= capacity else {
                state.droppedLines += 1
                return false
            }
            state.queue.append(line)
            state.queuedBytes += line.count
            return true
        }
        if isQueued { shared.wakeup.signal() }
    }

    /// Sets how a line about dropped lines is made from their number.
    package func reportDrops(_ report: @escaping @Sendable (Int) -> [UInt8]) {
        shared.state.withLock { $0.report = report }
    }

    /// Blocks until all queued lines are written or the time is over; returns whether they are written.
    @discardableResult package func flush(seconds: Double) -> Bool {
        let flushed = DispatchSemaphore(value: 0)
        let isIdle = shared.state.withLock { state in
            guard !state.queue.isEmpty || state.isWriting else { return true }
            state.flushes.append(flushed)
            return false
        }
        return isIdle || flushed.wait(timeout: .now() + seconds) == .success
    }

    private static func run(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        guard let context = unsafe context else { return nil }
        let shared = unsafe Unmanaged<Shared>.fromOpaque(context).takeRetainedValue()
        nameThread("log")
        var isReaderBack = false
        while let line = next(shared, isReaderBack: isReaderBack) {
            isReaderBack = shared.descriptor.write(line).error == 0
            if !isReaderBack { shared.state.withLock { $0.droppedLines += 1 } }
        }
        return nil
    }

    /// As `pthread_setname_np`, which Swift does not see.
    private static func nameThread(_ name: String) {
        let file = unsafe open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        _ = FileDescriptor(file).write(Array(name.utf8))
        close(file)
    }

    /// Waits for a line; nil once the owner is gone and the queue is empty.
    ///
    /// - Parameter isReaderBack: whether the last line was written, so that dropped ones can be reported.
    private static func next(_ shared: Shared, isReaderBack: Bool) -> [UInt8]? {
        while true {
            let (line, isOver) = shared.state.withLock { state -> ([UInt8]?, Bool) in
                guard !state.queue.isEmpty else {
                    if isReaderBack, state.droppedLines > state.reportedDrops, let report = state.report {
                        let count = state.droppedLines - state.reportedDrops
                        state.reportedDrops = state.droppedLines
                        return (report(count), false)
                    }
                    state.isWriting = false
                    for flush in state.flushes { flush.signal() }
                    state.flushes = []
                    return (nil, state.isClosed)
                }
                let line = state.queue.removeFirst()
                state.queuedBytes -= line.count
                state.isWriting = true
                return (line, false)
            }
            if let line { return line }
            if isOver { return nil }
            shared.wakeup.wait()
        }
    }
}

/// Why no thread writes the log; its description is one line.
package struct LogWriterError: Error, CustomStringConvertible {
    /// As `errno` has it.
    let code: Int32

    /// What is wrong and what to do.
    package var description: String {
        "cannot start a thread for the log: \(unsafe String(cString: strerror(code))); raise the limit of threads "
            + "(ulimit -u, TasksMax=) or of memory (ulimit -v)"
    }
}
