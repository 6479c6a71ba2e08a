import Glibc

/// Reads and writes small text files.
enum TextFile {
    /// The text of a file; nil if it does not exist.
    static func read(_ path: String) throws(ControlCommandError) -> String? {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            throw ControlCommandError("cannot read \(path): \(lastError)")
        }
        defer { close(file) }
        var text: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe Glibc.read(file, &piece, piece.count)
            guard count >= 0 else { throw ControlCommandError("cannot read \(path): \(lastError)") }
            guard count > 0 else { return String(decoding: text, as: UTF8.self) }
            text.append(contentsOf: piece.prefix(count))
        }
    }

    /// Replaces a file by renaming a new one, so that no reader sees a partial file.
    static func replace(_ path: String, with text: String) throws(ControlCommandError) {
        let new = "\(path).new"
        let bytes = Array(text.utf8)
        let file = unsafe open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw ControlCommandError("cannot write \(new): \(lastError)") }
        let isWritten = unsafe Glibc.write(file, bytes, bytes.count) == bytes.count
        guard close(file) == 0, isWritten, unsafe rename(new, path) == 0 else {
            throw ControlCommandError("cannot write \(path): \(lastError)")
        }
    }

    /// The description of `errno`.
    static var lastError: String { unsafe String(cString: strerror(errno)) }
}
