import Darktrace
import Foundation
import Testing

@testable import Simulator

/// The program as a process of its own.
@Suite(.serialized) struct ProgramTests {
    private static let program = Bundle.main.bundleURL.appendingPathComponent("darktrace-simulator").path

    @Test(arguments: [SIGTERM, SIGINT]) func `a signal ends it with status 0, even while an answer stalls`(
        _ signal: Int32
    ) async throws {
        let running = try RunningProgram(Self.program, ["--fault=silent"])
        defer { running.end() }
        async let stalled = run("/usr/bin/env", ["curl", "-sk", "--max-time", "60", "https://\(running.https)/status"])
        #expect(try await running.control("/-/healthy") == "Healthy\n")
        while try await !running.control("/-/requests?appliance=hq").contains("gateway") {}
        let start = ContinuousClock.now
        kill(running.process.processIdentifier, signal)
        running.process.waitUntilExit()
        #expect(running.process.terminationReason == .exit && running.process.terminationStatus == 0)
        #expect(ContinuousClock.now - start < .seconds(20))
        #expect(try await stalled.status != 0)
    }

    @Test(arguments: [
        ["--nothing"], ["--control.listen-address=0.0.0.0:0", "--listen-address=127.0.0.1:0", "--ca-file="],
        ["--listen-address=nowhere", "--ca-file="], ["--ca-file=/nowhere/at/all", "--listen-address=127.0.0.1:0"],
        ["--journal=/", "--listen-address=127.0.0.1:0"],
    ])
    func `a bad start is one line and status 1`(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Self.program)
        process.arguments = arguments
        let pipe = Pipe()
        process.standardError = pipe
        try process.run()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 1)
        #expect(text.hasPrefix("darktrace-simulator: ") && text.hasSuffix("\n"))
        #expect(text.dropLast().contains("\n") == false)
    }

    @Test(arguments: [("--help", "darktrace-simulator: an appliance"), ("--version", "darktrace-simulator ")])
    func `help and version go to standard output`(_ flag: String, _ beginning: String) async throws {
        let result = try await run(Self.program, [flag])
        #expect(result.status == 0)
        #expect(String(decoding: result.output, as: UTF8.self).hasPrefix(beginning))
    }

    @Test func `a year in one answer needs no memory`() async throws {
        let running = try RunningProgram(Self.program, ["--history=1y", "--rate=30", "--fault=signing=either"])
        defer { running.end() }
        let target = "/modelbreaches?includesuppressed=true&includeacknowledged=true"
        _ = try await running.size("\(target)&minscore=1")
        let before = try running.peakBytes()
        #expect(try await running.size(target) > 50_000_000)
        #expect(try running.peakBytes() - before < 12_000_000)
    }
}

/// The program, running, with the addresses that its first line tells.
struct RunningProgram {
    let process = Process()
    let https: Substring
    let control: Substring
    private let caFile = "\(FileManager.default.temporaryDirectory.path)/\(UUID().uuidString).pem"

    init(_ program: String, _ arguments: [String]) throws {
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments =
            ["--listen-address=127.0.0.1:0", "--control.listen-address=127.0.0.1:0", "--ca-file=\(caFile)"] + arguments
        let pipe = Pipe()
        process.standardError = pipe
        try process.run()
        let text = String(decoding: pipe.fileHandleForReading.availableData, as: UTF8.self)
        let fields = try #require(text.split(separator: "\n").first).split(separator: " ")
        try #require(fields.count == 3 && fields[0] == "ready")
        try #require(fields[1].hasPrefix("https=127.0.0.1:") && fields[2].hasPrefix("control=127.0.0.1:"))
        https = fields[1].dropFirst("https=".count)
        control = fields[2].dropFirst("control=".count)
    }

    func end() {
        if process.isRunning { process.terminate() }
        try? FileManager.default.removeItem(atPath: caFile)
    }

    func control(_ target: String) async throws -> String {
        String(
            decoding: try await run("/usr/bin/env", ["curl", "-s", "http://\(control)\(target)"]).output, as: UTF8.self)
    }

    /// How many bytes the demonstration's first appliance answers.
    func size(_ target: String) async throws -> Int {
        let tokens = SimulatorOptions.demonstration[0].credentials
        let headers = try Signature.headers(
            target: target, credentials: tokens, at: SimulatedClock.wallMilliseconds, format: .spaced)
        let arguments = headers.flatMap { ["-H", "\($0.name): \($0.value)"] }
        let result = try await run(
            "/usr/bin/env",
            [
                "curl", "-s", "--cacert", caFile, "-o", "/dev/null", "-w", "%{size_download}",
                "https://\(https)\(target)",
            ]
                + arguments)
        return Int(String(decoding: result.output, as: UTF8.self)) ?? 0
    }

    /// The most memory that was ever resident.
    func peakBytes() throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
        return try #require(line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }) * 1_024
    }
}
