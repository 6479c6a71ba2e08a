import Glibc

/// Standard output, for what a command was asked to print.
enum StandardOutput {
    /// Refuses to begin when nobody takes what is to be printed.
    static func requireOpen() throws(OutputError) {
        guard FileDescriptors.isOpen(STDOUT_FILENO) else { throw OutputError(error: EBADF) }
    }

    /// Writes all of it, in one call if the system takes it in one; SIGPIPE must be ignored.
    ///
    /// A file that has no room for all of it keeps nothing of it: whoever reads it must not take a part for the whole.
    static func write(_ bytes: [UInt8]) throws(OutputError) {
        var before = stat()
        let isFile = unsafe fstat(STDOUT_FILENO, &before) == 0 && before.st_mode & S_IFMT == S_IFREG
        var begin = 0
        while true {
            let (written, error) = FileDescriptors.write(bytes, from: begin, to: STDOUT_FILENO)
            if error == 0 { return }
            begin += written
            guard error == EAGAIN else {
                if isFile { _ = ftruncate(STDOUT_FILENO, before.st_size) }
                throw OutputError(error: error)
            }
            // Whoever shares the pipe may have made it one that does not wait.
            var entry = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
            _ = unsafe poll(&entry, 1, -1)
        }
    }
}

/// What was to be printed could not be; its description is one line.
struct OutputError: Error, CustomStringConvertible {
    /// As `errno` has it.
    let error: Int32

    var description: String {
        "standard output: \(unsafe String(cString: strerror(error))); see where it is sent to"
    }
}
