import Glibc
import Ledger

/// The lock that keeps a second exporter out: an open-file-description lock on `PATH.lock`.
///
/// SQLite's own locks cannot do that, because the `state` commands use the file while an exporter runs. The kernel
/// releases the lock with the process, however that ends. The lock file is removed with the lock.
@safe
struct LedgerLock: ~Copyable {
    private let descriptor: Int32
    private let path: String

    /// The path of the lock file of a ledger.
    static func path(of ledger: String) -> String { ledger + ".lock" }

    /// Takes the lock.
    ///
    /// - Throws: `LedgerError` with `.busy` if another exporter has it, `.noLocks` if the file system has none.
    init(_ file: LedgerFile) throws(LedgerError) {
        path = Self.path(of: file.path)
        while true {
            let opened = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
            guard opened >= 0 else { throw file.failure("lock file", errno) }
            var lock = Self.wholeFile
            guard unsafe fcntl(opened, Self.setLock, &lock) == 0 else {
                let systemError = errno
                close(opened)
                throw Self.error(systemError, file)
            }
            // The last owner may have removed the file between the two calls; then it locks nothing.
            guard Self.identity(of: opened) == Self.identity(at: path) else {
                close(opened)
                continue
            }
            descriptor = opened
            return
        }
    }

    deinit {
        if isIntact { unsafe unlink(path) }
        close(descriptor)
    }

    /// Whether the lock file is still there: without it a second exporter could start.
    var isIntact: Bool { Self.identity(of: descriptor) == Self.identity(at: path) }

    /// Whether an exporter has the lock of this ledger.
    static func isHeld(_ file: LedgerFile) -> Bool {
        let descriptor = unsafe open(path(of: file.path), O_RDWR | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var lock = wholeFile
        return unsafe fcntl(descriptor, getLock, &lock) == 0 && lock.l_type != Int16(F_UNLCK)
    }

    /// Why the lock could not be taken.
    static func error(_ systemError: Int32, _ file: LedgerFile) -> LedgerError {
        switch systemError {
        case EAGAIN, EACCES: LedgerError(.busy, file.location)
        case ENOLCK, EINVAL, ENOSYS, EOPNOTSUPP: LedgerError(.noLocks, file.location)
        default: file.failure("lock", systemError)
        }
    }

    // `F_OFD_GETLK` and `F_OFD_SETLK` of `fcntl.h`, which Glibc hides behind a macro.
    private static let getLock: Int32 = 36
    private static let setLock: Int32 = 37

    private static var wholeFile: flock {
        flock(l_type: Int16(F_WRLCK), l_whence: Int16(SEEK_SET), l_start: 0, l_len: 0, l_pid: 0)
    }

    private struct Identity: Equatable {
        let device: dev_t
        let inode: ino_t
    }

    private static func identity(of descriptor: Int32) -> Identity? {
        var facts = stat()
        guard unsafe fstat(descriptor, &facts) == 0 else { return nil }
        return Identity(device: facts.st_dev, inode: facts.st_ino)
    }

    private static func identity(at path: String) -> Identity? {
        var facts = stat()
        guard unsafe lstat(path, &facts) == 0 else { return nil }
        return Identity(device: facts.st_dev, inode: facts.st_ino)
    }
}
