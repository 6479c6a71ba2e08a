import CAllocator
import Glibc
import Locking
import Logging

/// Checks at the start that the process can get what it needs: threads, memory and file descriptors.
///
/// libdispatch, on which Swift's tasks run, waits forever for a thread that the system refuses and crashes without a
/// descriptor, so that a shortage has to be found before the first task.
package enum StartupChecks {
    /// The threads of the process at work: the pool has one per processor, the rest have a task of their own.
    private static var threads: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) + 8 }
    /// Standard streams, state file, event loops, listeners, and some connections.
    private static let descriptors = 48
    /// Addresses, not memory in use: a second arena of the allocator takes 64 MB, twice that until it is aligned, and data
    /// the rest. With 64 MB in all, starts failed late or hung at limits of 210 and 230 MB.
    private static let memoryBytes = 160 << 20

    /// Reserves closed standard streams, raises the limit of open files as far as the system lets the process, and makes
    /// the allocator return memory.
    package static func prepare() {
        // Otherwise a file or socket would get the number of a closed stream, and receive what is written to it.
        _ = StandardOutput.wasOpenAtStart
        for number in 0...STDERR_FILENO where !FileDescriptor(number).isOpen { _ = unsafe open("/dev/null", O_RDWR) }
        // Keeps large blocks out of the heap, so that memory that a snapshot or a commit frees returns to the system at
        // once. glibc raises this threshold with the first large block that is freed (mallopt(3)); the heap then holds
        // such blocks, and the holes between them. With 100 000 series that is a fifth of the peak.
        mallopt(M_MMAP_THRESHOLD, 128 * 1024)
        var limit = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard unsafe getrlimit(resource, &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
        // More than the kernel's default maximum serves no purpose, and a limit of 2^30 slows some libraries down.
        limit.rlim_cur = max(limit.rlim_cur, min(limit.rlim_max, 524_288))
        unsafe setrlimit(resource, &limit)
    }

    /// Acquires for an instant as much as the process needs.
    ///
    /// - Throws: `StartupError`, which names what is short and how to raise its limit.
    package static func run() throws(StartupError) {
        try checkDescriptors()
        // Both at once: where they fit one by one, an arena can leave too little for the stack of a thread, and without
        // memory for its own data Swift's runtime crashes.
        try withMemory(checkThreads)
    }

    private static func checkDescriptors() throws(StartupError) {
        var opened: [Int32] = []
        defer { for descriptor in opened { close(descriptor) } }
        for _ in 0..<descriptors {
            let descriptor = unsafe open("/dev/null", O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else {
                throw StartupError("open files", code: errno, "raise the limit of open files (ulimit -n, LimitNOFILE=)")
            }
            opened.append(descriptor)
        }
    }

    private static func withMemory(_ body: () throws(StartupError) -> Void) throws(StartupError) {
        let block = unsafe mmap(nil, memoryBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard unsafe block != MAP_FAILED else {
            throw StartupError("memory", code: errno, "raise the limit of memory (ulimit -v, LimitAS=)")
        }
        defer { unsafe munmap(block, memoryBytes) }
        try body()
    }

    private static func checkThreads() throws(StartupError) {
        let gate = Gate()
        // They wait for the lock, so that all of them exist together.
        let (started, code) = gate.lock.withLock { _ in
            var started: [pthread_t] = []
            for _ in 0..<threads {
                var thread = pthread_t()
                let code = unsafe pthread_create(
                    &thread, nil, waitForGate, Unmanaged.passUnretained(gate).toOpaque())
                guard code == 0 else { return (started, code) }
                started.append(thread)
            }
            return (started, 0)
        }
        for thread in started { pthread_join(thread, nil) }
        withExtendedLifetime(gate) {}
        guard code == 0 else {
            throw StartupError(
                "threads", code: code,
                "raise the limit of threads (ulimit -u, TasksMax=) or of memory (ulimit -v, LimitAS=)")
        }
    }
}

/// What the process is short of at its start; the description is one line.
package struct StartupError: Error, CustomStringConvertible {
    /// What is wrong and what to do.
    package let description: String

    init(_ resource: String, code: Int32, _ advice: String) {
        description = "start: not enough \(resource): \(unsafe String(cString: strerror(code))); \(advice)"
    }
}

private final class Gate: Sendable {
    let lock = Locked(())
}

private func waitForGate(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context = unsafe context else { return nil }
    unsafe Unmanaged<Gate>.fromOpaque(context).takeUnretainedValue().lock.withLock { _ in }
    return nil
}
