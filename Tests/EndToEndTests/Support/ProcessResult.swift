import Foundation
import TestSupport
import Testing

/// The output and status of a command of the exporter that has exited.
struct ProcessResult {
    let status: Int32
    let output: String
    let log: String

    /// Runs `check` or `once` in a workspace to its end, with a configuration of its own.
    static func run(
        _ command: String, in workspace: TemporaryDirectory, _ configuration: String, arguments: [String] = []
    ) throws -> ProcessResult {
        let program = try start(command, in: workspace, configuration, arguments: arguments)
        return ProcessResult(status: try program.exitStatus(), output: program.text, log: program.log)
    }

    static func start(
        _ command: String, in workspace: TemporaryDirectory, _ configuration: String, arguments: [String] = []
    ) throws -> RunningProgram {
        let file = try workspace.write("darktrace-exporter.yml", configuration)
        // Or each run would warn of the tokens in it.
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
        return try RunningProgram(
            "darktrace-exporter",
            [command, "--config.file=\(file)", "--state.path=\(workspace.path("state.db"))"]
                + arguments, directory: workspace.url)
    }

    /// The lines that begin with this.
    func lines(_ prefix: String) -> [String] {
        output.split(separator: "\n").map(String.init).filter { $0.hasPrefix(prefix) }
    }
}
