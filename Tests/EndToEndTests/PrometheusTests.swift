import Collector
import Foundation
import TestSupport
import Testing

/// The judges of the field: a real Prometheus, and promtool.
@Suite struct PrometheusTests {
    @Test(.timeLimit(.minutes(5))) func `a real Prometheus ingests the oracle's count, and promtool has no complaint`()
        async throws
    {
        let workspace = try TemporaryDirectory()
        let simulator = try Simulator(workspace, rate: 2_000)
        try simulator.call("/-/pause")
        var configuration = TestConfiguration(simulator)
        let secondary = Feeds.all.dropFirst().map(\.name)
        configuration.global["status_interval"] = nil
        configuration.global["feeds"] = TestConfiguration.feeds(
            Dictionary(uniqueKeysWithValues: secondary.map { ($0, "5s") }))
        let exporter = try Exporter(workspace, configuration.text)
        let scrape = try await exporter.awaitScrape("both first lookbacks") { scrape in
            scrape.all("darktrace_ledger_start_timestamp_seconds").count == 2
        }
        let start = try #require(scrape.value("darktrace_ledger_start_timestamp_seconds", ["appliance": "hq"]))
        let oracle = try simulator.oracle("hq", from: Int64((start * 1_000).rounded()))
        try await exporter.awaitScrape("all breaches") {
            $0.sum("darktrace_model_breaches_total", ["appliance": "hq"]) == Double(oracle.total)
        }
        let prometheus = try Prometheus(
            workspace,
            scrapeConfigs: "  - {job_name: darktrace, static_configs: [{targets: ['\(exporter.address)']}]}")
        try await eventually("the count in Prometheus", seconds: 60, seen: { prometheus.program.log }) {
            try prometheus.query("sum(darktrace_model_breaches_total{appliance=\"hq\"})").first?.value
                == Double(oracle.total)
        }
        let expected = [
            "darktrace_model_breaches_unacknowledged", "darktrace_model_breaches_acknowledged_total",
            "darktrace_model_breach_acknowledgement_delay_seconds_count", "darktrace_antigena_actions",
            "darktrace_antigena_actions_started_total", "darktrace_aianalyst_incidents",
            "darktrace_aianalyst_incident_events_total", "darktrace_devices", "darktrace_saas_accounts",
            "darktrace_mitre_tactic_model_breaches", "darktrace_appliance_license_usage",
            "darktrace_appliance_events_per_second", "darktrace_appliance_log_ingestion_received_total",
            "darktrace_probe_cpu_ratio",
        ]
        let names = Set(
            try await exporter.awaitScrape("every feed") { Set($0.samples.map(\.name)).isSuperset(of: expected) }
                .samples.map(\.name).filter { $0.hasPrefix("darktrace_") && !$0.hasSuffix("_bucket") })
        try await eventually("a series of each family in Prometheus", seconds: 60, seen: { prometheus.program.log }) {
            let query = "count by (__name__) (last_over_time({job=\"darktrace\", __name__=~\"darktrace_.+\"}[5m]))"
            return Set(try prometheus.query(query).compactMap { $0.labels["__name__"] }).isSuperset(of: names)
        }
        #expect(try prometheus.query("up{job=\"darktrace\"}").first?.value == 1)
        #expect(try prometheus.query("scrape_samples_scraped").first?.value ?? 0 > 100)

        let text = try exporter.get("/metrics").body
        let result = try Command.run("promtool", ["check", "metrics"], input: text)
        #expect(result.status == 0, "\(result.text) \(result.errors)")
    }

    @Test(.timeLimit(.minutes(5))) func `every format is accepted by a Prometheus that requests it`() async throws {
        let workspace = try TemporaryDirectory()
        let simulator = try Simulator(workspace, rate: 500)
        let exporter = try Exporter(workspace, TestConfiguration(simulator).text)
        try await exporter.awaitScrape("breaches") { $0.sum("darktrace_model_breaches_total") > 0 }
        let open = try exporter.get("/metrics", headers: ["Accept: application/openmetrics-text;version=1.0.0"])
        #expect(open.first("Content-Type")?.hasPrefix("application/openmetrics-text; version=1.0.0") == true)
        #expect(open.text.hasSuffix("# EOF\n"))
        #expect(open.text.contains("# {pbid="))
        let head = try HTTP.request("http://\(exporter.address)/metrics", method: "HEAD")
        #expect(head.status == 200)
        #expect(head.body.isEmpty)
        #expect(head.first("Vary") == "Accept, Accept-Encoding")
    }
}
