import Collector
import Darktrace
import Exporter
import Locking
import Logging
import Metrics
import ScrapeEndpoint
import Testing

/// From events of the collector to log lines, metrics and readiness.
@Suite struct TelemetryTests {
    /// A clock that a test sets, in nanoseconds.
    private final class ManualClock: Sendable {
        private let nanoseconds = Locked<Int64>(0)

        var clocks: Clocks {
            Clocks(
                monotonicNanoseconds: { self.nanoseconds.withLock { $0 } }, wallMilliseconds: { 1_768_469_400_000 },
                sleep: { (_) async throws(CancellationError) in throw CancellationError() })
        }

        func advance(seconds: Int64) { nanoseconds.withLock { $0 += seconds * 1_000_000_000 } }
    }

    /// The lines that events make, without their time.
    private func log(_ events: [Event.Kind], level: LogLevel = .info) -> [String] {
        let lines = Locked<[String]>([])
        let logger = Logger(level: level, format: .logfmt) { line in
            let text = String(decoding: line, as: UTF8.self)
            lines.withLock { $0.append(String(text.drop { $0 != " " }.dropFirst().dropLast())) }
        }
        let registry = MetricsRegistry(clocks: ManualClock().clocks, droppedLogLines: { 0 })
        registry.states.add("hq")
        let handler = EventHandler(registry, logger: logger, clocks: ManualClock().clocks, changed: {})
        for kind in events { handler.handle(Event(appliance: "hq", kind)) }
        return lines.withLock { $0 }
    }

    private func failed(_ feed: FeedKind, _ reason: APIError.Reason, _ detail: String, retry: Double? = 30)
        -> Event.Kind
    {
        let failure = PollReport.Failure(.request, "\(reason.rawValue): \(detail)", apiReason: reason)
        return .pollEnded(PollReport(feed: feed, seconds: 0.25, failure: failure, retrySeconds: retry))
    }

    @Test func `a failed poll makes one line with its reason and the delay until the next attempt`() {
        #expect(
            log([failed(.modelBreaches, .signature, "rejected; check the tokens")]) == [
                #"level=WARN msg="Poll failed" appliance=hq feed=modelbreaches seconds=0.25 reason=signature "#
                    + #"error="signature: rejected; check the tokens" retry_seconds=30.0"#
            ])
    }

    @Test func `the first success, and the first one after a failure, are logged; others at debug`() {
        let success = Event.Kind.pollEnded(PollReport(feed: .modelBreaches, seconds: 1, counted: 2))
        let line =
            #"level=INFO msg="Poll succeeded" appliance=hq feed=modelbreaches seconds=1.0 recovered=true "#
            + "counted=2 unreadable=0"
        #expect(log([success, success, success]) == [line])
        let lines = log([success, success, failed(.modelBreaches, .server, "status 502"), success, success])
        #expect(lines.count == 3)
        #expect(lines.first == line)
        #expect(lines.last == line)
        #expect(log([success, success], level: .debug).count == 2)
    }

    @Test func `a gauge feed that keeps failing is logged once for each reason, whatever its text`() {
        let lines = log([
            failed(.status, .permission, "missing 1"), failed(.status, .permission, "missing 2"),
            failed(.status, .timeout, "after 3 s"), failed(.status, .timeout, "after 4 s"),
            .pollEnded(PollReport(feed: .status, seconds: 1)), .pollEnded(PollReport(feed: .status, seconds: 1)),
        ])
        #expect(lines.count == 3)
        #expect(lines.map { $0.contains("repeats=suppressed") } == [true, true, false])
        #expect(lines.last?.contains("msg=\"Poll succeeded\"") == true)
    }

    private func skew(_ registry: MetricsRegistry) -> Double? {
        let family = registry.live(.everything).first { $0.descriptor.name == "darktrace_api_clock_skew_seconds" }
        guard case .number(let value, _) = family?.series.first?.value else { return nil }
        return value
    }

    @Test func `the clock skew stays through any backoff, until three polls brought no response`() {
        let clock = ManualClock()
        let registry = MetricsRegistry(clocks: clock.clocks, droppedLogLines: { 0 })
        registry.states.add("hq")
        #expect(skew(registry) == nil)
        registry.states.setClockSkew("hq", seconds: 3_600)
        registry.states.attemptEnded("hq", hasResponse: true)
        registry.states.pollEnded("hq")
        clock.advance(seconds: 86_400)
        #expect(skew(registry) == 3_600)
        for _ in 0..<2 { registry.states.pollEnded("hq") }
        #expect(skew(registry) == 3_600)
        registry.states.attemptEnded("hq", hasResponse: true)
        for _ in 0..<3 { registry.states.pollEnded("hq") }
        #expect(skew(registry) == 3_600)
        registry.states.pollEnded("hq")
        #expect(skew(registry) == nil)
    }

    @Test func `readiness waits for the first polls, but not longer than ten seconds for a silent appliance`() {
        let clock = ManualClock()
        let states = ApplianceStateStore(monotonicNanoseconds: clock.clocks.monotonicNanoseconds)
        for name in ["branch", "hq"] { states.add(name) }
        #expect(states.firstPending == "branch")
        states.update("branch") { $0.hasPolled = true }
        #expect(states.firstPending == "hq")
        clock.advance(seconds: 9)
        #expect(states.firstPending == "hq")
        clock.advance(seconds: 1)
        #expect(states.firstPending == nil)
        states.add("new")
        #expect(states.firstPending == nil, "readiness is permanent")
    }

    @Test func `dropped log lines are a metric`() {
        let registry = MetricsRegistry(clocks: ManualClock().clocks, droppedLogLines: { 17 })
        let family = registry.live(.everything).first {
            $0.descriptor.name == "darktrace_exporter_log_lines_dropped_total"
        }
        #expect(family?.series.map(\.value) == [.number(17)])
    }

    @Test func `each event changes the revision of its appliance alone, and the groups hold all families`() {
        let registry = MetricsRegistry(clocks: ManualClock().clocks, droppedLogLines: { 0 })
        for name in ["branch", "hq"] {
            registry.states.add(name)
            registry.polls.declare(name, feeds: [(.modelBreaches, 60)])
        }
        func revisions() -> [String: [UInt64]?] {
            Dictionary(uniqueKeysWithValues: registry.groups().map { ($0.name, $0.revision) })
        }
        let changes: [(MetricsRegistry) -> Void] = [
            { $0.api.begin("hq", path: "/status") }, { $0.polls.setFallback(true, "hq") },
            { $0.states.publish("hq", .modelBreaches, []) },
        ]
        for change in changes {
            let before = revisions()
            change(registry)
            #expect(revisions()["hq"] != before["hq"])
            #expect(revisions()["branch"] == before["branch"])
        }
        let grouped = registry.groups().sorted { $0.name < $1.name }.flatMap { $0.families() }
        let whole = registry.appliances() + registry.program.collect()
        #expect(Exposition(grouped).body(as: .text) == Exposition(whole).body(as: .text))
    }
}
