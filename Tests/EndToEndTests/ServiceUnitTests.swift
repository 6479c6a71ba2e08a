import Foundation
import TestSupport
import Testing

/// The systemd unit, by systemd's own judgement; nothing is started, and its manual page is not installed here.
@Suite(.enabled(if: ServiceUnit.canJudge, "systemd-analyze is not installed")) struct ServiceUnitTests {
    @Test func `systemd finds no fault in the unit`() throws {
        let workspace = try TemporaryDirectory()
        let unit = try workspace.write("darktrace-exporter.service", ServiceUnit.text(with: Project.programs))
        let result = try Command.run("systemd-analyze", ["verify", "--man=no", unit])
        #expect(result.status == 0 && result.errors.isEmpty, "\(result.text)\(result.errors)")
    }

    @Test(arguments: [("", true), ("NoDelay=yes", false)])
    func `systemd finds no fault in the socket, and one in a broken one`(
        spoiled: String, isGood: Bool
    ) throws {
        let workspace = try TemporaryDirectory()
        try workspace.write("darktrace-exporter.service", ServiceUnit.text(with: Project.programs))
        let file = ServiceUnit.folder.appending(path: "darktrace-exporter.socket")
        var text = try String(contentsOf: file, encoding: .utf8)
        if !isGood {
            try #require(text.contains(spoiled))
            text = text.replacing(spoiled, with: "NoDelay=perhaps")
        }
        let unit = try workspace.write("darktrace-exporter.socket", text)
        let result = try Command.run("systemd-analyze", ["verify", "--man=no", unit])
        #expect((result.status == 0 && result.errors.isEmpty) == isGood, "\(result.text)\(result.errors)")
    }

    @Test func `systemd finds the fault in a broken unit`() throws {
        let workspace = try TemporaryDirectory()
        let text = try ServiceUnit.text(with: Project.programs).replacing("Type=exec", with: "Type=quick")
        let result = try Command.run(
            "systemd-analyze", ["verify", "--man=no", try workspace.write("darktrace-exporter.service", text)])
        #expect(result.errors.contains("service type"), "\(result.errors)")
    }

    @Test func `the service is exposed by at most 2 of 10 points`() throws {
        let result = try Command.run(
            "systemd-analyze", ["security", "--offline=true", "--no-pager", "--threshold=20", ServiceUnit.path])
        let text = result.text
        #expect(result.status == 0, "\(text)\(result.errors)")
        #expect(text.contains("Overall exposure level for darktrace-exporter.service"), "\(text)")
    }

    /// The thread of libdispatch that waits for events does so; refused, it writes a line of its own to the log.
    @Test func `no thread raises its priority above the limit of the unit`() throws {
        let unit = try String(contentsOfFile: ServiceUnit.path, encoding: .utf8)
        let limit = try #require(unit.firstMatch(of: #/\nLimitNICE=(-\d+)\n/#).flatMap { Int($0.output.1) })
        let guarded = try SecuredExporter(SecuredExporter.users())
        #expect(guarded.status(user: "alice:geheim") == 200)
        let tasks = "/proc/\(guarded.exporter.program.pid)/task"
        let threads = try FileManager.default.contentsOfDirectory(atPath: tasks)
        #expect(threads.count > 4)
        for thread in threads {
            let line = try String(contentsOfFile: "\(tasks)/\(thread)/stat", encoding: .utf8)
            // Field 19 of proc(5); the second is in parentheses.
            let fields = line[(line.lastIndex(of: ")") ?? line.startIndex)...].split(separator: " ")
            #expect(try #require(Int(fields[17])) >= limit, "\(line)")
        }
    }

    @Test func `the flags of the unit and of its environment file are flags of the program`() throws {
        let file = ServiceUnit.folder.appending(path: "darktrace-exporter.default")
        let example = try String(contentsOf: file, encoding: .utf8)
        let line = try #require(example.split(separator: "\n").first { $0.hasPrefix("ARGS=\"") })
        let arguments = line.dropFirst("ARGS=\"".count).dropLast().split(separator: " ").map(String.init)
        #expect(arguments.count > 1)
        let workspace = try TemporaryDirectory()
        let configuration = try workspace.write(
            "darktrace-exporter.yml",
            "appliances: [{name: hq, url: 'https://192.0.2.1', public_token: a, private_token: b}]\n")
        let result = try Command.run(
            Project.programs.appending(path: "darktrace-exporter").path,
            arguments + ["--config.file=\(configuration)", "--state.path=x.db", "--config.check"])
        #expect(result.status == 0, "\(result.errors)")
    }
}

/// The unit as it is shipped.
enum ServiceUnit {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "deploy/systemd")
    static let path = folder.appending(path: "darktrace-exporter.service").path

    static let canJudge = FileManager.default.isExecutableFile(atPath: "/usr/bin/systemd-analyze")

    /// The unit with the program of this build, since none is installed where tests run.
    static func text(with binaries: URL) throws -> String {
        let program = "/usr/bin/darktrace-exporter"
        let text = try String(contentsOfFile: path, encoding: .utf8)
        try #require(text.contains("ExecStart=\(program) "))
        return text.replacing(program, with: binaries.appending(path: "darktrace-exporter").path)
    }
}
