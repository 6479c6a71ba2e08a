import Glibc

/// A file descriptor that the process was started with, such as standard error.
package struct FileDescriptor: Sendable {
    private let number: Int32

    /// Names a descriptor by its number; it is not closed when this value goes away.
    package init(_ number: Int32) { self.number = number }

    /// Writes all bytes from an index on, and blocks until the reader takes them.
    ///
    /// - Returns: the number of bytes written, and the error that prevented the rest, or 0.
    package func write(_ bytes: [UInt8], from start: Int = 0) -> (written: Int, error: Int32) {
        var written = start
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { bytes in
                unsafe Glibc.write(number, bytes.baseAddress?.advanced(by: written), bytes.count - written)
            }
            if count > 0 {
                written += count
            } else if count < 0 && errno == EAGAIN {
                // Another process that shares the pipe may have made it non-blocking.
                var entry = pollfd(fd: number, events: Int16(POLLOUT), revents: 0)
                _ = unsafe poll(&entry, 1, -1)
            } else if count == 0 || errno != EINTR {
                return (written - start, count < 0 ? errno : EIO)
            }
        }
        return (written - start, 0)
    }

    /// Whether it is open; the number of a closed one would be given to the next file or socket.
    package var isOpen: Bool { fcntl(number, F_GETFD) >= 0 }
}
