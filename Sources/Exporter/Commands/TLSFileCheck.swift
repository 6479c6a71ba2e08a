import Configuration
import Glibc
import Locking

/// Checks the certificate and key files of one appliance, and reads them again only when one of them has changed.
final class TLSFileCheck: Sendable {
    private let tls: Settings.TLS
    private let paths: [String]
    /// The files at the last check that found nothing wrong.
    private let checked = Locked<[Version]>([])

    /// Files that an `http` URL does not use are ignored.
    init(_ appliance: Settings.Appliance) {
        tls = appliance.tls
        paths = appliance.url.isSecure ? [tls.caFile, tls.certFile, tls.keyFile].compactMap(\.self) : []
    }

    /// - Throws: `TLSFileError` for the first file that is missing, unreadable or unusable.
    func check() throws(TLSFileError) {
        guard !paths.isEmpty else { return }
        let current = paths.compactMap(Version.init)
        guard current.count < paths.count || current != checked.withLock({ $0 }) else { return }
        try tls.checkFiles()
        checked.withLock { $0 = current }
    }

    /// What changes when a file is written or replaced.
    private struct Version: Equatable {
        let device: dev_t
        let inode: ino_t
        let size: off_t
        /// The bytes of its modification time.
        let modified: [UInt8]

        init?(_ path: String) {
            var facts = stat()
            guard unsafe stat(path, &facts) == 0, unsafe access(path, R_OK) == 0 else { return nil }
            device = facts.st_dev
            inode = facts.st_ino
            size = facts.st_size
            modified = unsafe withUnsafeBytes(of: facts.st_mtim) { unsafe Array($0) }
        }
    }
}
