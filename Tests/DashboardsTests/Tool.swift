import Foundation
import TestSupport

/// A program that checks what this project ships, run in the project's folder.
struct Tool {
    /// What it printed on both streams, and how it ended.
    struct Result {
        let output: String
        let status: Int32
    }

    let name: String

    /// The Python that `.ci/setup test` installs the generator's library into.
    static let python = Tool(name: Project.python)

    /// Runs it to its end in a directory of the project; both streams are in the output.
    func run(
        _ arguments: [String], in directory: String = ".", environment: [String: String] = [:]
    ) async throws -> Result {
        let result = try await Command.runAsync(
            name, arguments, environment: environment.merging(["PYTHONDONTWRITEBYTECODE": "1"]) { $1 },
            in: Project.root.appending(path: directory).path)
        return Result(output: result.text + result.errors, status: result.status)
    }
}

extension Tool {
    /// The files of a folder below `dashboards/`, by path from the project's folder.
    static func files(of folder: String) -> [String] {
        let path = Project.root.appending(path: "dashboards/\(folder)").path
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.sorted().map { "dashboards/\(folder)/\($0)" }
    }
}
