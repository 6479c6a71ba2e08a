import Foundation

/// A process made by `posix_spawn`, whose ends of pipes no other process inherits.
///
/// Foundation's `Process` leaves its pipes open for whatever is started at the same moment by another test, which then
/// keeps them from ending.
struct Child: Sendable {
    let pid: pid_t
    let output: FileHandle
    let errors: FileHandle
    let input: FileHandle?

    /// Starts `path`, or finds the program on the PATH when it has no slash.
    init(
        _ path: String, _ arguments: [String], environment: [String: String], folder: String? = nil,
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

        // The test runner ignores SIGPIPE and may block signals; a program begins with the defaults.
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

        let command = (folder.map { ["env", "-C", $0] } ?? []) + [path] + arguments
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

    /// Blocks until it has ended; the exit status, or the negative number of the signal that ended it.
    func wait() -> Int32 {
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
        let signal = status & 0x7F
        return signal == 0 ? (status >> 8) & 0xFF : -signal
    }

    /// A pair of sockets, because Swift does not see `pipe2`, and only that closes its ends at an `exec` from the start.
    private static func pipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [0, 0]
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
            throw WaitTimeout(what: "a pipe", seen: String(cString: strerror(errno)))
        }
        return (ends[0], ends[1])
    }
}
