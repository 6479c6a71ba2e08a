import Foundation
import TestSupport
import Testing

/// Five hundred appliances, as a provider has them; `FLEET_SECONDS` in the environment enables it.
@Suite(.ownThread, .enabled(if: FleetTests.seconds != nil)) struct LargeFleetTests {
    private static let interval = 60.0
    /// The standard limit of an appliance.
    private static let requestsPerMinute = 10.0

    @Test(.timeLimit(.minutes(30))) func `three replicas poll 500 appliances in time and within the limit of requests`()
        async throws
    {
        var setup = Fleet.Setup(appliances: 500, rate: 1_000, lease: "30s")
        setup.global = [
            "poll_interval": "60s", "poll_timeout": "30s", "requests_per_minute": "10", "initial_lookback": "10m",
            "new_series_hold": "0s", "overlap": "5m", "recheck_interval": "1h",
        ]
        let fleet = try await Fleet(setup)
        try fleet.startAll()
        try await fleet.awaitSettled("the start", seconds: 300)
        let start = try await fleet.awaitFirstPolls()
        try fleet.simulator.call("/-/resume")
        let before = try requests(fleet)
        let begin = fleet.log.now
        var lags: [Double] = []
        var isStopped = false
        while fleet.log.now - begin < 300 {
            try await Task.sleep(for: .seconds(10))
            lags += try lag(fleet)
            if !isStopped, fleet.log.now - begin > 120 {
                isStopped = true
                try fleet.stop(1)
                try await fleet.awaitSettled("a clean stop", seconds: 60)
            }
        }
        let seconds = fleet.log.now - begin
        let made = try requests(fleet).map { Double($1 - (before[$0] ?? 0)) }
        let sorted = lags.sorted()
        print(
            """
            fleet: 500 appliances, first polls after \(start) s; lag median \(sorted[sorted.count / 2]) s, \
            99 % \(sorted[sorted.count * 99 / 100]) s, max \(sorted.last ?? 0) s; requests of an appliance \
            in \(Int(seconds)) s: \(made.min() ?? 0) to \(made.max() ?? 0)
            """)
        #expect(sorted.last ?? .infinity < 2 * Self.interval)
        // A limiter that is full allows the requests of a minute at once.
        let allowed = Self.requestsPerMinute * (seconds / 60 + 1)
        #expect(made.allSatisfy { $0 <= allowed }, "at most \(allowed) requests of an appliance")
        #expect(made.allSatisfy { $0 >= (seconds / Self.interval).rounded(.down) - 1 })
        try fleet.simulator.call("/-/pause")
        try await fleet.awaitTruth(seconds: 300)
    }

    private func requests(_ fleet: Fleet) throws -> [String: Int] {
        try fleet.simulator.call("/-/requests").compactMapValues { ($0 as? [String: Any])?["count"] as? Int }
    }

    /// Seconds from the instant up to which the breaches of each appliance are counted.
    private func lag(_ fleet: Fleet) throws -> [Double] {
        let scrape = try fleet.scrape()
        let now = Date().timeIntervalSince1970
        return scrape.all("darktrace_poll_cursor_timestamp_seconds").map { now - $0.value }
    }
}

extension Fleet {
    /// Awaits that each appliance was polled; returns how long that took since the log was begun.
    func awaitFirstPolls() async throws -> Double {
        let isPolled = try await eventually(seconds: 300, pause: .seconds(2)) {
            try scrape().sum("darktrace_up") == Double(names.count)
        }
        #expect(isPolled, "every appliance is polled")
        return log.now.rounded()
    }
}
