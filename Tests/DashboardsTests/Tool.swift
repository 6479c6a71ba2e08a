import Foundation

/// A program that checks what this project ships, run in the project's folder.
struct Tool {
    /// What it printed on both streams, and how it ended.
    struct Result {
        let output: String
        let status: Int32
    }

    let name: String

    /// The folder of the project, found from this file.
    static let project = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The Python that `.ci/setup test` installs the generator's library into.
    static let python = Tool(name: project.appending(path: ".build/venv/bin/python").path)

    /// Runs it to its end; throws when it cannot be started.
    ///
    /// It is waited for on a thread of its own: other tests need those that Swift's tasks share.
    func run(
        _ arguments: [String], in folder: String = ".", environment: [String: String] = [:]
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(with: Swift.Result { try wait(arguments, in: folder, environment) })
            }
        }
    }

    private func wait(_ arguments: [String], in folder: String, _ added: [String: String]) throws -> Result {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [name] + arguments
        process.currentDirectoryURL = Self.project.appending(path: folder)
        var environment = ProcessInfo.processInfo.environment.merging(added) { $1 }
        environment["PYTHONDONTWRITEBYTECODE"] = "1"
        process.environment = environment
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return Result(output: String(decoding: output, as: UTF8.self), status: process.terminationStatus)
    }
}

extension Tool {
    /// The files of a folder below `dashboards/`, by path from the project's folder.
    static func files(of folder: String) -> [String] {
        let path = project.appending(path: "dashboards/\(folder)").path
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.sorted().map { "dashboards/\(folder)/\($0)" }
    }
}
