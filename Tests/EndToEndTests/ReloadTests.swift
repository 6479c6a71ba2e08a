import Foundation
import TestSupport
import Testing

/// Reloads of the real program while it polls.
@Suite struct ReloadTests {
    /// Three reloads a second; `make test-kills` sets `RELOAD_SECONDS=60`.
    @Test(.timeLimit(.minutes(10)))
    func `reloads of another appliance change neither budget nor series`() async throws {
        let seconds = ProcessInfo.processInfo.environment["RELOAD_SECONDS"].flatMap(Int.init) ?? 12
        let workspace = try TemporaryDirectory()
        let simulator = try Simulator(workspace, rate: 100)
        var configuration = TestConfiguration(simulator)
        configuration.global["status_interval"] = "60s"
        configuration.global["poll_interval"] = "10s"
        configuration.global["requests_per_minute"] = "12"
        let exporter = try Exporter(workspace, configuration.text, arguments: ["--web.enable-lifecycle"])
        let first = try await exporter.awaitScrape("both states") { $0.all("darktrace_appliance_info").count == 2 }
        let series = Self.series(first)
        #expect(series.count > 50)
        for turn in 0..<(seconds * 3) {
            configuration.appliances[1].lines = ["overlap: \(400 + turn)s"]
            _ = try workspace.write("darktrace-exporter.yml", configuration.text)
            let response = try HTTP.request("http://\(exporter.address)/-/reload", method: "POST")
            #expect(response.status == 200, "\(response.text)")
            let scrape = try exporter.scrape()
            #expect(series.subtracting(Self.series(scrape)) == [])
            for name in ["hq", "branch"] {
                let requests = scrape.sum("darktrace_api_requests_total", ["appliance": name])
                #expect(requests <= 12 * (1 + (Double(turn) / 3 / 60).rounded(.up)), "\(name)")
            }
            try await Task.sleep(for: .milliseconds(330))
        }
        #expect(try exporter.scrape().value("darktrace_up", ["appliance": "hq"]) == 1)
    }

    /// The series of the appliance that no reload changes, without the one that ends when the last breach of a category
    /// is acknowledged.
    private static func series(_ scrape: Scrape) -> Set<String> {
        let oldest = "darktrace_model_breach_oldest_unacknowledged_timestamp_seconds"
        return Set(
            scrape.samples.filter { $0.labels["appliance"] == "hq" && $0.name != oldest }.map { sample in
                sample.name + sample.labels.sorted { $0.key < $1.key }.map { ",\($0.key)=\($0.value)" }.joined()
            })
    }

    @Test(.timeLimit(.minutes(1)))
    func `an appliance that is removed leaves no series, and one that is added is polled`()
        async throws
    {
        let workspace = try TemporaryDirectory()
        let simulator = try Simulator(workspace, rate: 100)
        let both = TestConfiguration(simulator)
        let exporter = try Exporter(workspace, both.text, arguments: ["--web.enable-lifecycle"])
        try await exporter.awaitScrape("both up") { $0.sum("darktrace_up") == 2 }
        for configuration in [TestConfiguration(simulator, names: ["branch"]), both] {
            _ = try workspace.write("darktrace-exporter.yml", configuration.text)
            _ = try HTTP.request("http://\(exporter.address)/-/reload", method: "POST")
            let names = Set(configuration.appliances.map(\.name))
            try await exporter.awaitScrape("the configured ones alone") { scrape in
                Set(scrape.samples.compactMap { $0.labels["appliance"] }) == names
                    && scrape.sum("darktrace_up") == Double(names.count)
            }
        }
    }
}
