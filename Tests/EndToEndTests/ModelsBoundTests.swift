import Foundation
import TestSupport
import Testing

/// However many models an appliance sends, the series stay within `max_models` and the sum stays exact.
@Suite(.ownThread) struct ModelsBoundTests {
    private static let total = "darktrace_model_breaches_total"

    @Test(.timeLimit(.minutes(10)), arguments: [1, 2, 25]) func `models beyond the limit are counted as other`(
        limit: Int
    ) async throws {
        let workspace = try TemporaryDirectory()
        let simulator = try Simulator(workspace, ["--fault=model-variants=50"], rate: 3_000)
        var configuration = TestConfiguration(simulator, names: ["hq"])
        configuration.global["max_models"] = "\(limit)"
        let exporter = try Exporter(workspace, configuration.text)
        try await exporter.awaitScrape("the first lookback") { $0.sum(Self.total) > 0 }
        try simulator.call("/-/burst?appliance=hq&model=Brand::New&count=7")
        try simulator.call("/-/pause")
        var truth: Oracle?
        let scrape = try await exporter.awaitScrape("the oracle's total") { scrape in
            let start = try #require(scrape.value("darktrace_ledger_start_timestamp_seconds"))
            let oracle = try simulator.oracle("hq", from: Int64((start * 1_000).rounded()))
            truth = oracle
            return scrape.sum(Self.total) == Double(oracle.total)
        }
        let oracle = try #require(truth)
        let names = Set(scrape.all(Self.total).compactMap { $0.labels["model"] })
        #expect(oracle.models.count > 2 * limit, "there are many more models than places")
        #expect(scrape.value("darktrace_models_limit") == Double(limit))
        #expect(scrape.value("darktrace_models_tracked") == Double(limit))
        #expect(names.count == limit + 1)
        #expect(names.contains("other"))
        #expect(scrape.all(Self.total).count <= 4 * (limit + 1))
        // A model that has a place has all its breaches there; the rest is other, category by category.
        var rest: [String: Double] = [:]
        for (model, categories) in oracle.models {
            for (category, count) in categories {
                guard names.contains(model) else {
                    rest[category, default: 0] += Double(count)
                    continue
                }
                #expect(scrape.value(Self.total, ["model": model, "category": category]) == Double(count))
            }
        }
        for (category, count) in rest {
            #expect(scrape.value(Self.total, ["model": "other", "category": category]) == count)
        }

        // A label is never given back, not even by a lower limit; nor does a restart free one.
        try exporter.program.stop(SIGKILL)
        configuration.global["max_models"] = "\(max(1, limit - 1))"
        let second = try Exporter(workspace, configuration.text)
        let after = try second.scrape()
        #expect(Set(after.all(Self.total).compactMap { $0.labels["model"] }) == names)
        #expect(after.sum(Self.total) == Double(oracle.total))
    }
}
