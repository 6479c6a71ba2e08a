import Glibc

/// One reading of a web configuration and of the files that it names.
package struct WebConfigSnapshot: Sendable {
    /// What was read, or why it cannot be used.
    package let outcome: Result<Content, ConfigurationErrors>
    private let versions: [FileVersion]

    /// A good file.
    package struct Content: Sendable {
        /// The settings.
        package let configuration: WebConfiguration
        /// What in it is probably not intended.
        package let warnings: [Warning]
    }

    /// Reads everything now; without `readsFiles` only the file itself, and the contents of the others are empty.
    package init(path: String, readsFiles: Bool = true) {
        var parser = WebParser(path, readsFiles: readsFiles)
        let configuration = parser.configuration()
        do throws(ConfigurationErrors) {
            try parser.findings.throwErrors()
            outcome = .success(Content(configuration: configuration, warnings: parser.findings.warnings))
        } catch {
            outcome = .failure(error)
        }
        versions = parser.versions
    }

    /// Whether one of the files has changed since; calls `stat` for each.
    package var isStale: Bool { versions.contains(where: \.isStale) }
}

/// What distinguishes one version of a file from another without reading it.
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
        // The time of the last status change also moves when permissions change.
        facts = [
            Int64(bitPattern: UInt64(status.st_dev)), Int64(bitPattern: UInt64(status.st_ino)), Int64(status.st_size),
            Int64(status.st_mtim.tv_sec), Int64(status.st_mtim.tv_nsec), Int64(status.st_ctim.tv_sec),
            Int64(status.st_ctim.tv_nsec),
        ]
    }

    /// Whether the file is another version now.
    package var isStale: Bool { Self(path) != self }
}
