import Darktrace
import Foundation
import TestSupport
import Testing

@testable import Simulator

/// The program as a process of its own.
@Suite(.serialized) struct ProgramTests {
    @Test(arguments: [SIGTERM, SIGINT]) func `a signal ends it with status 0, even while an answer stalls`(
        _ signal: Int32
    ) async throws {
        let running = try SimulatorProcess(["--fault=silent"])
        async let stalled = Command.runAsync(
            "curl", ["-sk", "--max-time", "60", "https://\(running.https)/status"])
        #expect(try await running.control("/-/healthy") == "Healthy\n")
        while try await !running.control("/-/requests?appliance=hq").contains("gateway") {}
        #expect(try running.program.stop(signal) < 2 * promptly)
        #expect(try running.program.exitStatus() == 0)
        #expect(try await stalled.status != 0)
    }

    @Test(arguments: [
        ["--nothing"], ["--control.listen-address=0.0.0.0:0", "--listen-address=127.0.0.1:0", "--ca-file="],
        ["--listen-address=nowhere", "--ca-file="], ["--ca-file=/nowhere/at/all", "--listen-address=127.0.0.1:0"],
        ["--journal=/", "--listen-address=127.0.0.1:0"],
    ])
    func `a bad start is one line and status 1`(_ arguments: [String]) throws {
        let result = try Command.run(SimulatorProcess.path, arguments)
        #expect(result.status == 1)
        let text = result.errors
        #expect(text.hasPrefix("darktrace-simulator: ") && text.hasSuffix("\n"))
        #expect(text.dropLast().contains("\n") == false)
    }

    @Test(arguments: [
        ("--help", "darktrace-simulator: simulated Darktrace appliances"), ("--version", "darktrace-simulator "),
    ])
    func `help and version go to standard output`(_ flag: String, _ beginning: String) async throws {
        let result = try Command.run(SimulatorProcess.path, [flag])
        #expect(result.status == 0)
        #expect(result.text.hasPrefix(beginning))
    }

    @Test func `a year in one answer needs no memory`() async throws {
        let running = try SimulatorProcess(["--history=1y", "--rate=12", "--fault=signing=either"])
        let target = "/modelbreaches?includesuppressed=true&includeacknowledged=true"
        _ = try await running.size("\(target)&minscore=1")
        let before = try running.peakBytes()
        #expect(try await running.size(target) > 20_000_000)
        #expect(try running.peakBytes() - before < 12_000_000)
    }
}

/// A running darktrace-simulator and the addresses that it reports.
struct SimulatorProcess {
    static let path = Project.programs.appending(path: "darktrace-simulator").path

    let program: RunningProgram
    let https: String
    let control: String
    private let directory: TemporaryDirectory

    init(_ arguments: [String]) throws {
        directory = try TemporaryDirectory()
        program = try RunningProgram(
            "darktrace-simulator",
            [
                "--listen-address=127.0.0.1:0", "--control.listen-address=127.0.0.1:0",
                "--ca-file=\(directory.path("ca.pem"))",
            ] + arguments)
        let ready = try program.awaitLog(#/^ready https=(127\.0\.0\.1:\d+) control=(127\.0\.0\.1:\d+)\n/#)
        (https, control) = (String(ready.output.1), String(ready.output.2))
    }

    func control(_ target: String) async throws -> String {
        try await Command.runAsync("curl", ["-s", "http://\(control)\(target)"]).text
    }

    /// How many bytes the first default appliance answers.
    func size(_ target: String) async throws -> Int {
        let tokens = SimulatorOptions.demonstration[0].credentials
        let headers = try Signature.headers(
            target: target, credentials: tokens, at: SimulatedClock.wallMilliseconds, format: .spaced)
        let arguments = headers.flatMap { ["-H", "\($0.name): \($0.value)"] }
        let result = try await Command.runAsync(
            "curl",
            [
                "-s", "--cacert", directory.path("ca.pem"), "-o", "/dev/null", "-w", "%{size_download}",
                "https://\(https)\(target)",
            ] + arguments)
        return Int(result.text) ?? 0
    }

    /// The largest resident memory so far.
    func peakBytes() throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(program.pid)/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
        return try #require(line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }) * 1_024
    }
}
