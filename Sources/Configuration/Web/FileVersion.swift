import Glibc

/// What tells one state of a file from another without reading it.
package struct FileVersion: Sendable, Equatable {
    /// The file, through symbolic links.
    package let path: String
    private let facts: [Int64]

    /// The file as it is now, or that there is none. The corresponding C function is `stat`.
    package init(_ path: String) {
        self.path = path
        var status = stat()
        guard unsafe stat(path, &status) == 0 else {
            facts = [Int64(errno)]
            return
        }
        // The time of the last change is the system's own, and moves with a renewed permission, too.
        facts = [
            Int64(bitPattern: UInt64(status.st_dev)), Int64(bitPattern: UInt64(status.st_ino)), Int64(status.st_size),
            Int64(status.st_mtim.tv_sec), Int64(status.st_mtim.tv_nsec), Int64(status.st_ctim.tv_sec),
            Int64(status.st_ctim.tv_nsec),
        ]
    }

    /// Whether the file is another one now.
    package var isStale: Bool { Self(path) != self }
}
