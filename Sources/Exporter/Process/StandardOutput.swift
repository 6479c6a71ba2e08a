import Glibc
import Logging

/// Standard output, for what a command prints.
enum StandardOutput {
    private static let descriptor = FileDescriptor(STDOUT_FILENO)

    /// Whether it was open when this was first read: at the start of the process, before another file could get its
    /// number.
    static let wasOpenAtStart = descriptor.isOpen

    /// Throws when standard output is closed, before any work is done for it.
    static func requireOpen() throws(OutputError) {
        guard wasOpenAtStart else { throw OutputError(error: EBADF) }
    }

    /// Writes all bytes; SIGPIPE must be ignored.
    ///
    /// A file on a full disk keeps none of them, so that no reader takes a part for the whole.
    static func write(_ bytes: [UInt8]) throws(OutputError) {
        try requireOpen()
        var before = stat()
        let isFile = unsafe fstat(STDOUT_FILENO, &before) == 0 && before.st_mode & S_IFMT == S_IFREG
        let error = descriptor.write(bytes).error
        guard error != 0 else { return }
        if isFile { _ = ftruncate(STDOUT_FILENO, before.st_size) }
        throw OutputError(error: error)
    }
}

/// A command could not print its result; the description is one line.
struct OutputError: Error, CustomStringConvertible {
    /// As `errno` has it.
    let error: Int32

    var description: String {
        "cannot write to standard output: \(unsafe String(cString: strerror(error))); check the file or pipe"
    }
}
