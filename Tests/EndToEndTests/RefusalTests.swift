import Foundation
import TestSupport
import Testing

/// Everything that an appliance, or the way to it, can do instead of answering: one exporter, an appliance for each.
@Suite struct RefusalTests {
    /// What the simulated appliance does, and the reason that must be counted.
    struct Case: Sendable {
        let name: String
        let fault: String
        let reason: String
        var isSignature: Bool { reason == "signature" || reason == "date" }
    }

    static let cases = [
        Case(name: "clock-ahead", fault: "clock-skew=1860", reason: "date"),
        Case(name: "clock-behind", fault: "clock-skew=-1860", reason: "date"),
        Case(name: "date-form", fault: "refused-date-form=spaced", reason: "date"),
        Case(name: "revoked", fault: "revoked-token", reason: "signature"),
        Case(name: "permission-302", fault: "permission=302", reason: "permission"),
        Case(name: "permission-403", fault: "permission=403", reason: "permission"),
        Case(name: "login-redirect", fault: "logged-out", reason: "login"),
        Case(name: "login-page", fault: "login-page", reason: "login"),
        Case(name: "input", fault: "input-error", reason: "input"),
        Case(name: "not-found", fault: "not-found", reason: "not_found"),
        Case(name: "rate-limited", fault: "rate-limited=1", reason: "rate_limited"),
        Case(name: "status-500", fault: "server-error=500", reason: "server"),
        Case(name: "status-502", fault: "server-error=502", reason: "server"),
        Case(name: "status-504", fault: "server-error=504", reason: "server"),
        Case(name: "cut", fault: "cut=100", reason: "malformed"),
        Case(name: "truncated", fault: "truncated=100", reason: "malformed"),
        Case(name: "not-json", fault: "not-json", reason: "malformed"),
        Case(name: "empty", fault: "empty-body", reason: "malformed"),
        Case(name: "garbage", fault: "trailing-garbage", reason: "malformed"),
        Case(name: "silent", fault: "silent", reason: "timeout"),
        Case(name: "reset", fault: "reset", reason: "malformed"),
    ]

    private static func token(_ index: Int, _ kind: Character) -> String {
        String(repeating: kind, count: 20) + String(format: "%020d", index)
    }

    @Test(.timeLimit(.minutes(3))) func `each refusal is named, costs nothing and ends automatically`() async throws {
        let workspace = try TemporaryDirectory()
        var arguments = Self.cases.enumerated().map { index, one in
            "--appliance=\(one.name):\(Self.token(index, "a")):\(Self.token(index, "b"))"
        }
        arguments += Self.cases.map { "--fault=\($0.name):\($0.fault)" }
        let simulator = try Simulator(workspace, arguments, rate: 500)
        var configuration = TestConfiguration(simulator)
        configuration.global["poll_timeout"] = "2s"
        configuration.appliances = Self.cases.enumerated().map { index, one in
            .init(
                name: one.name, url: "https://\(simulator.address)", publicToken: Self.token(index, "a"),
                privateToken: Self.token(index, "b"))
        }
        let exporter = try Exporter(workspace, configuration.text, arguments: ["--log.level=debug"])
        for one in Self.cases {
            let scrape = try await exporter.awaitScrape("the failure of \(one.name)") { scrape in
                scrape.sum("darktrace_poll_failures_total", ["appliance": one.name, "reason": "request"]) > 0
            }
            let failures = scrape.all("darktrace_api_request_failures_total", ["appliance": one.name]).filter {
                $0.value > 0
            }
            #expect(failures.compactMap { $0.labels["reason"] } == [one.reason], "reason of \(one.name)")
            #expect(
                (scrape.sum("darktrace_api_signature_failures_total", ["appliance": one.name]) > 0) == one.isSignature,
                "signature counter of \(one.name)")
            #expect(scrape.value("darktrace_up", ["appliance": one.name]) == 0)
            #expect(
                scrape.all("darktrace_model_breaches_total", ["appliance": one.name]).isEmpty,
                "breach families are absent, not 0, until the first lookback is committed")
        }
        try expectNoSecret(exporter, workspace, simulator)
        try simulator.clear()
        try simulator.call("/-/pause")
        for one in Self.cases {
            let scrape = try await exporter.awaitScrape("the recovery of \(one.name)", seconds: 60) {
                $0.value("darktrace_up", ["appliance": one.name]) == 1
            }
            let start = try #require(scrape.value("darktrace_ledger_start_timestamp_seconds", ["appliance": one.name]))
            let oracle = try simulator.oracle(one.name, from: Int64((start * 1_000).rounded()))
            let after = try await exporter.awaitScrape("all breaches of \(one.name)") {
                $0.sum("darktrace_model_breaches_total", ["appliance": one.name]) == Double(oracle.total)
            }
            expectTruth(oracle, after, of: one.name)
        }
        #expect(try exporter.program.stop() < promptly)
        try expectNoSecret(exporter, workspace, simulator)
    }

    /// No private token is in a log line, on a page, in the metrics or in a state file.
    private func expectNoSecret(_ exporter: Exporter, _ workspace: TemporaryDirectory, _ simulator: Simulator) throws {
        var places = [("the log", Data(exporter.program.log.utf8))]
        if exporter.program.isRunning {
            for path in ["/", "/metrics", "/-/ready", "/-/healthy", "/nothing"] {
                places.append((path, try exporter.get(path).body))
            }
        }
        places += try workspace.contents().filter { $0.file.hasPrefix("state") }.map { ($0.file, $0.data) }
        for index in Self.cases.indices {
            let secret = Data(Self.token(index, "b").utf8)
            for (place, data) in places {
                #expect(data.range(of: secret) == nil, "a private token is in \(place)")
            }
        }
        #expect(places.count > 1)
    }
}
