import Dispatch
import HTTPServer
import Metrics
import Testing

@testable import ScrapeEndpoint

/// What a build may delay, and what a scrape of one appliance may cost.
@Suite struct BuildCostTests {
    private static let breaches = Descriptor(
        "breaches_total", .counter, labels: ["appliance", "model"], help: "Breaches.")

    private static func families(of name: String, count: Int, value: Double = 1) -> [MetricFamily] {
        let series = (0..<count).map { Series(Labels(breaches.labelNames, [name, "Model \($0)"]), .number(value)) }
        return [MetricFamily(breaches, series)]
    }

    @Test func `a build that takes long delays no other page`() async throws {
        let (began, gate) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let scrapes = ScrapeHandler(groups: {
            began.signal()
            gate.wait()
            return [MetricGroup("") { Self.families(of: "hq", count: 1) }]
        })
        try await serving(
            scrapes,
            handler: { request in
                request.path == "/metrics" ? scrapes.respond(to: request) : .text(200, "Healthy")
            }
        ) { port in
            let scraper = try ScrapeConnection(port: port)
            try scraper.send()
            began.wait()
            #expect(try ScrapeConnection(port: port).request("GET", "/-/healthy").text.hasPrefix("Healthy"))
            gate.signal()
            #expect(try scraper.answer().text.contains("breaches_total{appliance=\"hq\""))
        }
    }

    @Test func `scraping each of 300 appliances alone renders at most twice what all of them take`() throws {
        let names = (0..<300).map { "site-\($0)" }
        func groups(changed: String? = nil) -> [MetricGroup] {
            names.map { name in
                MetricGroup(name, revision: [name == changed ? 2 : 1]) {
                    Self.families(of: name, count: 50, value: name == changed ? 2 : 1)
                }
            }
        }
        var whole = ExpositionCache(withCreated: false)
        whole.update(groups())
        _ = try whole.section(Variant(syntax: .text, coding: .identity))

        var cache = ExpositionCache(withCreated: false)
        cache.update(groups())
        func scrapeAll() throws {
            for name in names {
                _ = try cache.section(
                    Variant(syntax: .text, coding: .identity, scope: .appliances([name])))
            }
        }
        try scrapeAll()
        let first = cache.work.renderedBytes
        #expect(first <= 2 * whole.work.renderedBytes)
        cache.update(groups(changed: "site-77"))
        try scrapeAll()
        #expect(cache.work.renderedBytes - first <= first / 100, "only what changed is rendered again")
    }
}
