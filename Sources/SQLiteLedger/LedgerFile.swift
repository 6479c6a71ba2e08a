import Glibc
import Ledger

/// The file of a ledger as the system sees it, before SQLite opens it.
struct LedgerFile {
    let location: DatabaseLocation
    /// For SQLite: with a slash, so that no name is read as `:memory:` or as a temporary database.
    let path: String

    init(_ path: String) {
        location = .file(path)
        self.path = path.hasPrefix("/") ? path : "./" + path
    }

    /// Whether the file exists.
    ///
    /// SQLite would replay a log without its file into a new, unrelated file. An empty log is left behind when a file
    /// is refused, and does not matter once that file has been moved away.
    ///
    /// - Throws: `LedgerError` when only a log with content exists.
    func exists() throws(LedgerError) -> Bool {
        if try size(path) != nil { return true }
        for suffix in ["-wal", "-journal"] {
            if let size = try size(path + suffix), size > 0 {
                throw LedgerError(.orphanedLog, location, path + suffix)
            }
        }
        return false
    }

    /// The size of the file in bytes; nil while a log may still complete it.
    ///
    /// SQLite reads a truncated last page as if zeros followed, so the size is checked here.
    func settledSize() throws(LedgerError) -> Int64? {
        for suffix in ["-wal", "-journal"] {
            if let size = try size(path + suffix), size > 0 { return nil }
        }
        return try size(path)
    }

    /// Sets the mode of an existing file and its log to 0600 if others have access.
    ///
    /// - Returns: A warning if the mode had to be changed.
    func restrictMode() -> String? {
        var warning: String?
        for path in [path, path + "-wal", path + "-journal"] {
            var facts = stat()
            guard unsafe stat(path, &facts) == 0, facts.st_mode & 0o077 != 0 else { continue }
            let mode = "mode 0\(String(facts.st_mode & 0o777, radix: 8)) lets other users access it"
            let isChanged = unsafe chmod(path, 0o600) == 0
            warning = warning ?? "\(location): \(mode); " + (isChanged ? "changed to 0600" : "set it to 0600")
        }
        return warning
    }

    /// What to do if the file to be created is there already.
    enum Existing {
        case keep, replace, refuse
    }

    /// Creates the file with mode 0600, which SQLite copies to its log.
    ///
    /// `fill` writes the whole content under a temporary name, and only then the file gets its own. So a ledger never
    /// exists half created, and an empty file is never a ledger.
    func create(
        ifThere existing: Existing, _ fill: (_ path: String) throws(LedgerError) -> Void
    ) throws(LedgerError) {
        let temporary = path + ".new-" + String(UInt64.random(in: 0 ... .max), radix: 36)
        let descriptor = unsafe open(temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("create", errno) }
        defer {
            close(descriptor)
            for suffix in ["", "-journal"] { unsafe unlink(temporary + suffix) }
        }
        try fill(temporary)
        guard fsync(descriptor) == 0 else { throw failure("sync", errno) }
        if existing == .replace {
            guard unsafe rename(temporary, path) == 0 else { throw failure("rename", errno) }
            return syncDirectory()
        }
        guard unsafe link(temporary, path) != 0 else { return syncDirectory() }
        // Some file systems (SMB, FAT) have no hard links; there two simultaneous first starts are not distinguished.
        if errno == EPERM || errno == ENOTSUP || errno == ENOSYS, unsafe access(path, F_OK) != 0,
            unsafe rename(temporary, path) == 0
        {
            return syncDirectory()
        }
        guard errno == EEXIST else { throw failure("rename", errno) }
        guard existing == .keep else { throw LedgerError(.fileExists, location) }
    }

    /// Makes the name survive a power cut, where the file system can.
    private func syncDirectory() {
        let directory = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[...$0]) } ?? "."
        let descriptor = unsafe open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    /// The size of a file in bytes, or nil if it does not exist.
    private func size(_ path: String) throws(LedgerError) -> Int64? {
        // The file must not be opened: closing a descriptor drops every lock that this process has on the file
        // (POSIX; https://sqlite.org/howtocorrupt.html 2.2).
        var facts = stat()
        guard unsafe stat(path, &facts) == 0 else {
            guard errno == ENOENT else { throw failure("stat", errno) }
            return nil
        }
        guard facts.st_mode & S_IFMT == S_IFREG else {
            throw LedgerError(.notDatabase, location, "not a regular file")
        }
        return Int64(facts.st_size)
    }

    func failure(_ action: String, _ systemError: Int32) -> LedgerError {
        let message = unsafe String(cString: strerror(systemError))
        return LedgerError(
            LedgerError.Reason(systemError: systemError) ?? .inputOutput, location, "\(action): \(message)")
    }
}
