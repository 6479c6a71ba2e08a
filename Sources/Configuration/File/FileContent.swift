import Glibc
import Values

/// A small regular file, read whole.
struct FileContent {
    let bytes: [UInt8]
    /// Whether every user of the machine may read it.
    let isReadableByOthers: Bool

    /// Reads at most `limit` bytes; a longer file, a folder or a pipe is refused, and nothing here waits.
    init(path: String, limit: Int) throws(ValidationError) {
        guard !path.isEmpty, !path.utf8.contains(0) else { throw ValidationError("is not the name of a file") }
        // Without O_NONBLOCK a named pipe without writer would hold the start up for ever.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else { throw Self.objection(errno) }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw Self.objection(errno) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw ValidationError(status.st_mode & S_IFMT == S_IFDIR ? "is a folder" : "is not a regular file")
        }
        isReadableByOthers = status.st_mode & S_IROTH != 0
        bytes = try Self.read(descriptor, limit: limit)
    }

    /// Whether something of this name exists; the corresponding C function is `access`.
    static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

    private static func read(_ descriptor: Int32, limit: Int) throws(ValidationError) -> [UInt8] {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = unsafe Glibc.read(descriptor, &piece, piece.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw objection(errno) }
            guard count > 0 else { return bytes }
            bytes += piece[..<count]
            guard bytes.count <= limit else { throw ValidationError("is larger than \(limit) bytes") }
        }
    }

    private static func objection(_ code: Int32) -> ValidationError {
        switch code {
        case ENOENT: ValidationError("no such file")
        case EACCES, EPERM: ValidationError("may not be read by this user")
        case ENOTDIR: ValidationError("has a part before the last that is no folder")
        case ELOOP: ValidationError("has too many symbolic links")
        case ENAMETOOLONG: ValidationError("has a name that is too long")
        default: ValidationError("cannot be read (errno \(code))")
        }
    }
}
