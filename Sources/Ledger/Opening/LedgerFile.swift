import Glibc

/// The file of a ledger as the system sees it, before SQLite does.
struct LedgerFile {
    let location: DatabaseLocation
    /// For SQLite: with a slash in it, so that no name reads as `:memory:` or as a temporary database.
    let path: String

    init(_ path: String) {
        location = .file(path)
        self.path = path.hasPrefix("/") ? path : "./" + path
    }

    /// Whether the file is there; refuses when only a log of changes is left of it.
    ///
    /// SQLite would play such a log into a new file, whose content it is not. An empty one stays behind when a file is
    /// refused, and must not stop who moves that file away.
    func isThere() throws(LedgerError) -> Bool {
        if try size(path) != nil { return true }
        for suffix in ["-wal", "-journal"] {
            if let size = try size(path + suffix), size > 0 {
                throw LedgerError(.orphanedLog, location, path + suffix)
            }
        }
        return false
    }

    /// The bytes of the file, unless a log may still complete it; nil then.
    ///
    /// SQLite reads a last page that was cut as if zeros followed, so somebody has to look.
    func settledSize() throws(LedgerError) -> Int64? {
        for suffix in ["-wal", "-journal"] {
            if let size = try size(path + suffix), size > 0 { return nil }
        }
        return try size(path)
    }

    /// Makes the file: `fill` makes its whole content under another name, and only then it gets its own.
    ///
    /// So a ledger is never there half made, and an empty file is never a ledger. The mode is 0600, which SQLite
    /// copies to its log. If another process was faster, its file stays and this one goes.
    func create(_ fill: (_ path: String) throws(LedgerError) -> Void) throws(LedgerError) {
        let draft = path + ".new-" + String(UInt64.random(in: 0 ... .max), radix: 36)
        let descriptor = unsafe open(draft, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("creating it", errno) }
        close(descriptor)
        defer { for suffix in ["", "-journal"] { unsafe unlink(draft + suffix) } }
        try fill(draft)
        guard unsafe link(draft, path) != 0 else { return syncDirectory() }
        // Some file systems (SMB, FAT) know no links; there two first starts at one moment are not told apart.
        if errno == EPERM || errno == ENOTSUP || errno == ENOSYS, unsafe rename(draft, path) == 0 {
            return syncDirectory()
        }
        guard errno == EEXIST else { throw failure("naming it", errno) }
    }

    /// Makes the name survive a power cut; a file system that cannot do it has no better.
    private func syncDirectory() {
        let directory = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[...$0]) } ?? "."
        let descriptor = unsafe open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    /// The bytes of a file, or nil if it is not there.
    private func size(_ path: String) throws(LedgerError) -> Int64? {
        // Never by opening it: closing a descriptor drops every lock that this process has on the file
        // (POSIX; https://sqlite.org/howtocorrupt.html 2.2).
        var facts = stat()
        guard unsafe stat(path, &facts) == 0 else {
            guard errno == ENOENT else { throw failure("looking for it", errno) }
            return nil
        }
        guard facts.st_mode & S_IFMT == S_IFREG else {
            throw LedgerError(.notDatabase, location, "not a regular file")
        }
        return Int64(facts.st_size)
    }

    private func failure(_ deed: String, _ systemError: Int32) -> LedgerError {
        let words = unsafe String(cString: strerror(systemError))
        return LedgerError(
            LedgerError.Reason(systemError: systemError) ?? .inputOutput, location, "\(deed): \(words)")
    }
}
