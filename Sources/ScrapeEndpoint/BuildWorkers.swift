import Dispatch
import Glibc
import Gzip
import Locking

/// Makes the independent parts of an exposition on several cores, each worker with a compressor of its own.
///
/// A scrape waits for its build, and the other cores are mostly idle: the wait gets shorter, the work stays the same.
struct BuildWorkers: Sendable {
    private let workers: [Worker]
    private let bytesEach: Int

    /// A compressor is set up for the first part that needs it.
    final class Worker: Sendable {
        private let compressor = Locked<Compressor?>(nil)

        func compress(_ text: ArraySlice<UInt8>) throws(GzipError) -> DeflatedPiece {
            try compressor.withLock { (compressor) throws(GzipError) in
                if compressor == nil { compressor = try Compressor() }
                return try compressor?.compress(text) ?? DeflatedPiece.empty
            }
        }

        fileprivate func removeCompressor() { compressor.withLock { $0 = nil } }
    }

    /// The process has two arenas of memory: more workers would wait for each other.
    private static let maxCount = 4

    /// - Parameters:
    ///   - count: The number of workers, by default that of the machine's processors, at most four.
    ///   - bytesEach: A worker for less text than this is not worth its memory.
    init(count: Int = min(maxCount, sysconf(Int32(_SC_NPROCESSORS_ONLN))), bytesEach: Int = 2 * 1024 * 1024) {
        self.bytesEach = bytesEach
        workers = (0..<max(1, count)).map { _ in Worker() }
    }

    /// The worker for what is made alone.
    var first: Worker { workers[0] }

    /// The results in the order of the items; blocks until all are made.
    ///
    /// - Parameter bytes: About how many bytes of text all results have; unknown by default.
    func map<Item: Sendable, Output: Sendable>(
        _ items: [Item], bytes: Int = .max, _ make: @Sendable (Item, Worker) -> Output
    ) -> [Output] {
        let count = min(items.count, workers.count, max(1, bytes / bytesEach))
        guard count > 1 else { return items.map { make($0, first) } }
        let next = Locked(0)
        let made = Locked<[Output?]>(Array(repeating: nil, count: items.count))
        DispatchQueue.concurrentPerform(iterations: count) { [workers] number in
            while true {
                let index = next.withLock { next in
                    next += 1
                    return next - 1
                }
                guard index < items.count else { return }
                let output = make(items[index], workers[number])
                made.withLock { $0[index] = output }
            }
        }
        return made.withLock { $0.compactMap(\.self) }
    }

    /// Gives the memory of the compressors back.
    func removeCompressors() {
        for worker in workers { worker.removeCompressor() }
    }
}
