import Foundation
import TestSupport
import Testing

/// A small file system in memory, in a mount namespace of its own, that goes with the test; needs root.
final class PrivateDisk: Sendable {
    /// Where programs in the namespace see it.
    let folder: String
    private let holder: RunningProgram
    private let size: Int

    /// Cancels the test, with the reason, where it cannot be had.
    ///
    /// - Parameter size: In MiB.
    init(_ workspace: TemporaryDirectory, size: Int) throws {
        try Self.requireNamespaces()
        folder = workspace.path("disk")
        self.size = size
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        holder = try RunningProgram(
            "/usr/bin/unshare",
            [
                "-m", "sh", "-c", "mount -t tmpfs -o size=\(size)m disk \"$0\" && echo mounted >&2; exec sleep 600",
                folder,
            ])
        _ = try holder.awaitLog(#/mounted/#)
    }

    private static func requireNamespaces() throws {
        let result = try Command.run("unshare", ["-m", "true"])
        guard geteuid() == 0, result.status == 0 else { try Test.cancel("needs root: a mount namespace") }
    }

    /// The same folder as this process sees it.
    var view: URL { URL(fileURLWithPath: "/proc/\(holder.pid)/root\(folder)") }

    /// The words that run a program of the package in the namespace.
    func command(_ program: String) -> [String] {
        ["/usr/bin/nsenter", "-m", "-t", "\(holder.pid)", "--", Project.programs.appending(path: program).path]
    }

    /// Takes all the space that is left.
    func fill() throws {
        let file = view.appending(path: "filler")
        try Data().write(to: file)
        let handle = try FileHandle(forWritingTo: file)
        defer { try? handle.close() }
        for piece in [65_536, 4_096, 1] {
            while (try? handle.write(contentsOf: Data(count: piece))) != nil {}
        }
    }

    func freeSpace() throws { try FileManager.default.removeItem(at: view.appending(path: "filler")) }

    /// Makes it read-only, for all programs.
    func protect() throws {
        let result = try Command.run(
            "nsenter", ["-m", "-t", "\(holder.pid)", "--", "mount", "-o", "remount,ro,size=\(size)m", folder])
        try #require(result.status == 0, "\(result.errors)")
    }
}
