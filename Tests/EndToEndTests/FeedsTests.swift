import TestSupport
import Testing

/// All feeds of the real program against the simulator.
@Suite struct FeedsTests {
    @Test(.timeLimit(.minutes(1))) func `every feed is available, and Autonomous Response is exposed as simulated`()
        async throws
    {
        let workspace = try TemporaryDirectory()
        let simulator = try Simulator(workspace, rate: 100)
        var configuration = TestConfiguration(simulator, names: ["hq"])
        for key in ["status_interval", "feeds"] { configuration.global[key] = nil }
        let exporter = try Exporter(workspace, configuration.text)
        let feeds = ["modelbreaches", "status", "antigena"]
        let scrape = try await exporter.awaitScrape("every feed") {
            $0.all("darktrace_feed_up").filter { $0.value == 1 }.count == feeds.count
        }
        for feed in feeds {
            #expect(scrape.value("darktrace_feed_available", ["feed": feed]) == 1)
            #expect(scrape.sum("darktrace_poll_failures_total", ["feed": feed]) == 0)
        }
        for name in ["darktrace_antigena_actions", "darktrace_antigena_action_devices"] {
            #expect(scrape.value(name, ["state": "active"]) == 1)
            #expect(scrape.value(name, ["state": "pending"]) == 1)
        }
    }
}
