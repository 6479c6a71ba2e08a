import Foundation
import HTTPServer
import Metrics
import ScrapeEndpoint
import TestSupport
import Testing

/// What a real Prometheus makes of our bodies: compressed OpenMetrics, which it asks for, and text, if that is all it gets.
@Suite struct PrometheusTests {
    /// Every byte that can be a character alone, and what forged lines are made of.
    private static let hostile =
        (UInt8.min...0x7F).map { String(decoding: [$0], as: UTF8.self) } + [
            "\"} 1\nforged_total 1", "\\", "\\\"", "\u{FFFD}", "😀", "# EOF", String(repeating: "\\\"\n", count: 3_333),
        ]

    private static let created = Double(Int(Date.now.timeIntervalSince1970))

    private static func families() -> [MetricFamily] {
        func exemplar(_ id: String, _ value: Double) -> Exemplar {
            Exemplar(labels: Labels(["pbid"], [id]), value: value, timestamp: created - 0.25)
        }
        let counter = Descriptor("breaches_total", .counter, labels: ["model"], help: "A \\ \"quote\",\na line and \0.")
        let histogram = Descriptor("score", .histogram(bounds: [0.5, 1]), help: "Scores.")
        return [
            MetricFamily(
                counter,
                hostile.enumerated().map { Series(Labels(["model"], [$1]), .number(2, exemplar("\($0)", 1))) }),
            MetricFamily(
                histogram,
                [
                    Series(
                        .none,
                        .histogram(
                            HistogramValue(
                                counts: [1, 2, 0], sum: 2,
                                exemplars: [exemplar("low", 0.25), exemplar("high", 0.75), nil]
                            )))
                ]),
            MetricFamily(
                Descriptor("build_info", .info, labels: ["version"], help: "What runs."),
                [Series(Labels(["version"], ["1"]), .number(1))]),
        ]
    }

    @Test func `both formats are scraped whole, with their exemplars and any label value`() async throws {
        let lively = Descriptor("lively", .gauge, help: "Tail.")
        let scrapes = ScrapeHandler(
            groups: { [MetricGroup("", families: Self.families)] },
            live: { _ in [MetricFamily(lively, [Series(.none, .number(7))])] })
        let handler: Handler = { request in
            if request.path != "/text" { return scrapes.respond(to: request) }
            return scrapes.respond(to: Request(target: "/", fields: [("Accept-Encoding", "gzip")]))
        }
        try await serving(scrapes, handler: handler) { port in
            let jobs = [("openmetrics", "/metrics"), ("text", "/text")].map { name, path in
                "  - {job_name: \(name), metrics_path: \(path), static_configs: [{targets: ['127.0.0.1:\(port)']}]}\n"
            }
            let directory = try TemporaryDirectory()
            let prometheus = try Prometheus(
                directory, scrapeConfigs: jobs.joined(), arguments: ["--enable-feature=exemplar-storage"])
            let isUp = try await eventually(seconds: 60) { (try? prometheus.query("sum(up)").first?.value) == 2 }
            let errors = try prometheus.scrapeErrors()
            #expect(isUp, "\(errors)")
            for job in ["openmetrics", "text"] {
                let series = try prometheus.query("breaches_total{job=\"\(job)\"}")
                let models = Set(series.compactMap { $0.labels["model"] ?? "" })
                #expect(models == Set(Self.hostile))
                #expect(series.allSatisfy { $0.value == 2 })
                #expect(try prometheus.query("lively{job=\"\(job)\"}").first?.value == 7)
                #expect(try prometheus.query("build_info{job=\"\(job)\"}").first?.value == 1)
                let bounds = try prometheus.query("score_bucket{job=\"\(job)\"}").compactMap { $0.labels["le"] }
                #expect(Set(bounds) == ["0.5", "1.0", "+Inf"])
            }
            let counted = try prometheus.exemplars("breaches_total")
            #expect(Set(counted.map { $0.seriesLabels["model"] ?? "" }) == Set(Self.hostile))
            #expect(counted.allSatisfy { $0.seriesLabels["job"] == "openmetrics" })
            #expect(counted.allSatisfy { $0.exemplars.last?.timestamp == Self.created - 0.25 })
            let scores = try prometheus.exemplars("score_bucket").flatMap(\.exemplars).compactMap { $0.labels["pbid"] }
            #expect(Set(scores) == ["low", "high"])
        }
    }
}
