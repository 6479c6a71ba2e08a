import Foundation
import TestSupport
import Testing

/// One target for each customer, discovered and scraped by a real Prometheus.
@Suite struct TargetsTests {
    private func configuration(_ simulator: Simulator) -> TestConfiguration {
        var configuration = TestConfiguration(simulator)
        configuration.appliances[0].lines = ["labels: {customer: acme}"]
        configuration.appliances[1].lines = ["labels: {customer: umbrella}"]
        return configuration
    }

    @Test(.timeLimit(.minutes(3))) func `two customers are two jobs with the series of one appliance each`()
        async throws
    {
        let workspace = try TemporaryDirectory()
        let simulator = try Simulator(workspace, rate: 500)
        let exporter = try Exporter(workspace, configuration(simulator).text)
        try await exporter.awaitScrape("both up") { $0.sum("darktrace_up") == 2 }
        let jobs = ["acme", "umbrella"].map { customer in
            """
              - job_name: \(customer)
                honor_labels: true
                http_sd_configs: [{url: 'http://\(exporter.address)/sd'}]
                relabel_configs:
                  - {source_labels: [customer], regex: \(customer), action: keep}
            """
        }
        let prometheus = try Prometheus(workspace, scrapeConfigs: jobs.joined(separator: "\n"))
        try await eventually("both jobs", seconds: 60, seen: { prometheus.program.log }) {
            try prometheus.query("sum(up)").first?.value == 2
                && prometheus.query("sum(darktrace_up)").first?.value == 2
        }
        for (customer, appliance) in [("acme", "hq"), ("umbrella", "branch")] {
            let series = try prometheus.query("{job=\"\(customer)\", __name__=~\"darktrace_.+\"}")
            #expect(series.count > 50)
            #expect(series.allSatisfy { $0.labels["appliance"] == appliance && $0.labels["customer"] == customer })
            #expect(series.allSatisfy { $0.labels["instance"] == appliance })
            #expect(!series.contains { $0.labels.keys.contains { $0.hasPrefix("exported_") } })
            #expect(try prometheus.query("up{job=\"\(customer)\", customer=\"\(customer)\"}").map(\.value) == [1])
        }
        #expect(try prometheus.query("{__name__=~\"process_.+|darktrace_exporter_.+\"}").isEmpty)
        #expect(try prometheus.scrapeErrors().values.allSatisfy(\.isEmpty))
    }

    @Test(.timeLimit(.minutes(1))) func `an unknown appliance is 404, several are served together`() async throws {
        let workspace = try TemporaryDirectory()
        let simulator = try Simulator(workspace, rate: 10)
        let exporter = try Exporter(workspace, configuration(simulator).text)
        try await exporter.awaitScrape("both up") { $0.sum("darktrace_up") == 2 }
        for query in ["appliance=none", "appliance=hq&appliance=none", "appliance="] {
            #expect(try exporter.get("/metrics?\(query)").status == 404, "\(query)")
        }
        let both = try Scrape(exporter.get("/metrics?appliance=hq&appliance=branch").text)
        #expect(Set(both.samples.map { $0.labels["appliance"] }) == ["hq", "branch"])
        let one = try exporter.get("/metrics?appliance=h%71", headers: ["Accept: application/openmetrics-text"])
        #expect(one.text.hasSuffix("# EOF\n"))
        #expect(one.text.contains("customer=\"acme\""))
        #expect(!one.text.contains("umbrella"))
    }

    @Test(.timeLimit(.minutes(1)), arguments: [false, true]) func `targets need the password of the metrics`(
        tls: Bool
    ) throws {
        let secured = try SecuredExporter(SecuredExporter.users() + (tls ? SecuredExporter.identity : ""))
        for path in ["/sd", "/metrics?appliance=hq"] {
            #expect(secured.status(path) == 401, "\(path)")
            #expect(secured.status(path, user: "alice:geheim") == 200, "\(path)")
        }
        let scheme = tls ? "https" : "http"
        #expect(try secured.get("/sd", user: "alice:geheim").text.contains("\"__scheme__\":\"\(scheme)\""))
    }
}
