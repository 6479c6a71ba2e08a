package import Foundation

/// A directory for one test, removed when the last reference to it goes.
package final class TemporaryDirectory: Sendable {
    package let url: URL

    package init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "darktrace-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    package func path(_ name: String) -> String { url.appending(path: name).path }

    /// Writes a file and returns its path; `mode` such as 0o600, or what the umask leaves.
    @discardableResult
    package func write(_ name: String, _ bytes: some Sequence<UInt8>, mode: Int? = nil) throws -> String {
        try Data(bytes).write(to: url.appending(path: name))
        if let mode {
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path(name))
        }
        return path(name)
    }

    @discardableResult
    package func write(_ name: String, _ text: String, mode: Int? = nil) throws -> String {
        try write(name, text.utf8, mode: mode)
    }

    /// Every file below the directory with its bytes, to search them for what must not be there.
    package func contents() throws -> [(file: String, data: Data)] {
        let names = try FileManager.default.subpathsOfDirectory(atPath: url.path)
        return names.compactMap { name in
            (try? Data(contentsOf: url.appending(path: name))).map { (name, $0) }
        }
    }
}
