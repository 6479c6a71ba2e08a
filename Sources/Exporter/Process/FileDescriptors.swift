import Glibc

/// Writing to the descriptors that the process was started with.
enum FileDescriptors {
    /// Writes all of it, gone on with after an interrupt; the number of bytes written, and the error that came in the
    /// way of the rest, or 0.
    ///
    /// The corresponding C function is `write`.
    static func write(
        _ bytes: [UInt8], from start: Int = 0, to descriptor: Int32
    ) -> (written: Int, error: Int32) {
        var written = start
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { bytes in
                unsafe Glibc.write(descriptor, bytes.baseAddress?.advanced(by: written), bytes.count - written)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return (written - start, count < 0 ? errno : EIO) }
            written += count
        }
        return (written - start, 0)
    }

    /// Whether it is open; one that is not would be given to the next file or socket.
    ///
    /// The corresponding C function is `fcntl`.
    static func isOpen(_ descriptor: Int32) -> Bool { fcntl(descriptor, F_GETFD) >= 0 }
}
