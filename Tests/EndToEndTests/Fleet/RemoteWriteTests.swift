import Foundation
import TestSupport
import Testing

/// Two agents that scrape one replica each, and write to the same stores: one of them is late at a handover.
/// `FLEET_SECONDS` in the environment enables it.
@Suite(.ownThread, .enabled(if: FleetTests.seconds != nil)) struct RemoteWriteTests {
    /// A store that agents write to.
    private struct Store {
        let prometheus: Prometheus
        let relay: Relay

        init(_ workspace: TemporaryDirectory, name: String, window: String) throws {
            prometheus = try Prometheus(
                workspace, scrapeConfigs: "storage: {tsdb: {out_of_order_time_window: \(window)}}", name: name,
                arguments: ["--web.enable-remote-write-receiver"])
            let parts = prometheus.address.split(separator: ":")
            let (host, port) = (String(parts[0]), UInt16(parts[1]) ?? 0)
            relay = try Relay { Socket.connected(host, port) }
        }

        /// Samples of an agent that it refused, by the agent's own metrics.
        func rejections(of agent: Prometheus) throws -> Double {
            let scrape = try Scrape(HTTP.get("http://\(agent.address)/metrics").text)
            return scrape.all("prometheus_remote_storage_samples_failed_total")
                .filter { $0.labels["url"]?.contains(relay.address) == true }.reduce(0) { $0 + $1.value }
        }

        /// Samples of the total in a range of time.
        func samples(seconds: Double) throws -> Double {
            let range = "[\(Int(seconds))s]"
            return try prometheus.query("sum(count_over_time(darktrace_model_breaches_total\(range)))").first?.value
                ?? 0
        }
    }

    @Test(.timeLimit(.minutes(10)))
    func `a store without a window for late samples rejects those of the late agent`() async throws {
        let fleet = try await Fleet(Fleet.Setup(replicas: 2, appliances: 10))
        let stores = try [
            Store(fleet.workspace, name: "strict", window: "0s"),
            Store(fleet.workspace, name: "tolerant", window: "10m"),
        ]
        try fleet.startAll()
        let before = try await fleet.awaitTruth()
        try await fleet.awaitSettled("the start")
        // The late agent writes through the relays.
        let late = try fleet.prometheus(
            [fleet.targets()[0]], name: "late", receivers: stores.map(\.relay.address))
        let punctual = try fleet.prometheus(
            [fleet.targets()[1]], name: "punctual", receivers: stores.map(\.prometheus.address))
        let histories = stores.map { FleetHistory(prometheus: $0.prometheus) }
        for history in histories { try await history.awaitTotal(before) }
        try fleet.simulator.call("/-/resume")
        try await Task.sleep(for: .seconds(20))

        let begin = fleet.log.now
        stores.forEach { $0.relay.set(.stalled) }
        try await Task.sleep(for: .seconds(10))
        try fleet.stop(0)
        try await fleet.awaitSettled("a clean stop")
        try await Task.sleep(for: .seconds(max(0, 20 - (fleet.log.now - begin))))
        stores.forEach { $0.relay.set(.forwarding) }
        // Its queue is empty when what it scraped last has arrived, or was rejected.
        try await eventually("the queue of the late agent", seconds: 120, seen: { late.program.log }) {
            let pending = try Scrape(HTTP.get("http://\(late.address)/metrics").text)
                .sum("prometheus_remote_storage_samples_pending")
            return pending == 0
        }
        try await Task.sleep(for: .seconds(10))
        try fleet.start(0)
        try await fleet.awaitSettled("the start")
        try fleet.simulator.call("/-/pause")
        let after = try await fleet.awaitTruth()
        for history in histories { try await history.awaitTotal(after) }

        let seconds = fleet.log.now - begin
        let rejections = try stores.map { try $0.rejections(of: late) }
        let counts = try stores.map { try $0.samples(seconds: seconds) }
        let received = try stores.map { try $0.rejections(of: punctual) }
        let resets = try stores.map { store in
            try store.prometheus.query("resets(darktrace_model_breaches_total[1h]) > 0").count
        }
        let grown = try stores.map { store in
            let series = "darktrace_model_breaches_total[1h]"
            return try store.prometheus.query("sum(max_over_time(\(series)) - min_over_time(\(series)))").first?.value
        }
        print(
            """
            remote write: late by 20 s at a handover; without and with a window: rejected \(rejections) samples of the \
            late agent, \(received) of the other; stored \(counts) samples of the total; \(resets) series that fell; \
            grown by \(grown) of \(after - before)
            """)
        for line in stores[0].prometheus.program.log.split(separator: "\n").filter({ $0.contains("rder") }).suffix(3) {
            print("remote write: the store says \(line.prefix(400))")
        }
        for line in late.program.log.split(separator: "\n").filter({ $0.contains("non-recoverable") }).prefix(2) {
            print("remote write: the agent says \(line.prefix(500))")
        }
        #expect(rejections[0] > 0, "samples older than those of the other agent are rejected")
        #expect(rejections[1] == 0, "a window accepts them")
        #expect(resets == [0, 0], "no counter falls")
        #expect(counts[0] < counts[1])
        #expect(grown[1] == Double(after - before))
        try histories[1].expectGrowth(after - before)
    }
}
