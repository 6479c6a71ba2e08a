package import Foundation

/// A process started by `posix_spawn`, whose pipes no other process inherits.
///
/// Foundation's `Process` leaks its pipes into processes that other tests start at the same time, and the pipes then
/// stay open when this process has ended.
package struct ChildProcess: Sendable {
    package let pid: pid_t
    package let output: FileHandle
    package let errors: FileHandle
    package let input: FileHandle?

    /// Starts a program: a path, or a name that is looked up in `PATH`.
    package init(
        _ path: String, _ arguments: [String], environment: [String: String], directory: String? = nil,
        hasInput: Bool = false
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let (outputPipe, errorPipe) = (try Self.pipe(), try Self.pipe())
        let inputPipe = hasInput ? try Self.pipe() : nil
        posix_spawn_file_actions_adddup2(&actions, outputPipe.write, 1)
        posix_spawn_file_actions_adddup2(&actions, errorPipe.write, 2)
        if let inputPipe {
            posix_spawn_file_actions_adddup2(&actions, inputPipe.read, 0)
        } else {
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }

        // The test runner ignores SIGPIPE and may block signals; the program starts with the defaults.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigdefault(&attributes, &all)
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))

        let command = (directory.map { ["env", "-C", $0] } ?? []) + [path] + arguments
        var words = command.map { strdup($0) } + [nil]
        var variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { (words + variables).forEach { free($0) } }
        var child = pid_t()
        let status = posix_spawnp(&child, command[0], &actions, &attributes, &words, &variables)
        close(outputPipe.write)
        close(errorPipe.write)
        if let inputPipe { close(inputPipe.read) }
        guard status == 0 else {
            throw WaitTimeout(what: "the start of \(path)", seen: String(cString: strerror(status)))
        }
        pid = child
        output = FileHandle(fileDescriptor: outputPipe.read, closeOnDealloc: true)
        errors = FileHandle(fileDescriptor: errorPipe.read, closeOnDealloc: true)
        input = inputPipe.map { FileHandle(fileDescriptor: $0.write, closeOnDealloc: true) }
    }

    /// Blocks until the process has ended; returns the exit status, or the negative number of the signal.
    package func wait() -> Int32 {
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
        let signal = status & 0x7F
        return signal == 0 ? (status >> 8) & 0xFF : -signal
    }

    /// A pair of sockets: `pipe2`, which could set close-on-exec atomically, is not visible in Swift.
    private static func pipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [0, 0]
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
            throw WaitTimeout(what: "a pipe", seen: String(cString: strerror(errno)))
        }
        return (ends[0], ends[1])
    }
}
