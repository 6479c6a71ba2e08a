import Foundation
import Testing

@testable import Simulator

/// Faults of the wire, seen by curl over TLS.
@Suite(.serialized) struct LiveFaultTests {
    private static let list = "/modelbreaches?minimal=true"

    private func outcome(
        _ fault: String, _ target: String = list, _ arguments: [String] = []
    ) async throws -> LiveSimulatorFixture.Outcome {
        let stage = try LiveSimulatorFixture(["--history=5d", "--fault=hq:\(fault)"])
        defer { stage.end() }
        // The other appliance on the same listener is not concerned.
        #expect(try await stage.get("/time", appliance: 1).status == 200)
        return try await stage.get(target, arguments)
    }

    // curl: 18 a transfer that ended early, 28 out of time, 52 nothing sent, 56 a reset while reading.
    @Test func `an appliance accepts and never answers`() async throws {
        let outcome = try await outcome("silent", Self.list, ["--max-time", "1"])
        #expect(outcome.code == 28)
        #expect(outcome.headers.allSatisfy(\.isEmpty) && outcome.body.isEmpty)
    }

    @Test(arguments: ["/time", list]) func `a body is cut`(_ target: String) async throws {
        let outcome = try await outcome("cut=150", target, ["--no-raw"])
        #expect([18, 56].contains(outcome.code))
        #expect(outcome.status == 200)
        #expect(outcome.body.count <= 150)
    }

    @Test func `a connection is reset instead of an answer`() async throws {
        let outcome = try await outcome("reset")
        #expect([52, 56].contains(outcome.code))
        #expect(outcome.status == 0)
    }

    @Test func `a connection is reset within the body`() async throws {
        let outcome = try await outcome("reset-body=150", Self.list, ["--no-raw"])
        #expect([18, 56].contains(outcome.code))
    }

    @Test func `a body stalls`() async throws {
        let outcome = try await outcome("stall=150", Self.list, ["--max-time", "4", "--no-raw", "-N"])
        #expect(outcome.code == 28)
        #expect(outcome.status == 200)
    }

    @Test func `a body trickles`() async throws {
        let clock = ContinuousClock()
        let start = clock.now
        let outcome = try await outcome("slow=500", "/time")
        #expect(outcome.code == 0 && outcome.text.hasSuffix("}"))
        #expect(clock.now - start > .milliseconds(300))
    }

    @Test func `an answer waits`() async throws {
        let clock = ContinuousClock()
        let start = clock.now
        #expect(try await outcome("delay=700", "/time").status == 200)
        #expect(clock.now - start >= .milliseconds(700))
    }

    @Test func `an answer is truncated and whole all the same`() async throws {
        let outcome = try await outcome("truncated=150")
        #expect(outcome.code == 0)
        #expect(outcome.body.count == 150)
    }

    @Test func `lists are chunked, or have a length`() async throws {
        let chunked = try await outcome("unknown-fields")
        #expect(chunked.header("Transfer-Encoding") == "chunked" && chunked.header("Content-Length") == nil)
        let whole = try await outcome("content-length")
        #expect(whole.header("Content-Length") == String(whole.body.count))
        #expect(whole.body.count > 10_000)
    }

    @Test func `bodies are compressed for clients that accept it`() async throws {
        let plain = try await outcome("gzip")
        #expect(plain.header("Content-Encoding") == nil && plain.text.hasPrefix("["))
        for target in [Self.list, "/time"] {
            let packed = try await outcome("gzip", target, ["--no-raw", "--compressed"])
            #expect(packed.header("Content-Encoding") == "gzip")
            #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(packed.body)) }
        }
    }

    @Test func `nothing listens, until it does again`() async throws {
        let stage = try LiveSimulatorFixture([
            "--appliance=one:a:b:listen=127.0.0.1:0", "--appliance=two:c:d", "--fault=one:closed", "--history=1d",
        ])
        defer { stage.end() }
        let own = try #require(
            stage.simulation.readyLine.split(separator: " ").first { $0.hasPrefix("one=") }?.split(separator: ":").last)
        let port = try #require(UInt16(own))
        // curl: 7 could not connect.
        #expect(try await stage.get("/time", port: port).code == 7)
        #expect(try await stage.get("/time", appliance: 1).status == 200)
        try await stage.control("/-/faults?clear=closed")
        #expect(try await stage.get("/time", port: port).status == 200)
        try await stage.control("/-/faults?set=closed")
        #expect(try await stage.get("/time", port: port).code == 7)
        #expect(try await stage.get("/time", appliance: 1).code == 7)
        try await stage.control("/-/faults?clear=all")
        #expect(try await stage.get("/time", port: port).status == 200)
        #expect(try await stage.get("/time", appliance: 1).status == 200)
    }
}
