import Testing

/// Whether the exposed numbers of an appliance are the truth: by model, category and score bound.
func expectTruth(
    _ oracle: Oracle, _ scrape: Scrape, of appliance: String, sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(
        scrape.sum("darktrace_model_breaches_total", ["appliance": appliance]) == Double(oracle.total),
        "total of \(appliance)", sourceLocation: sourceLocation)
    var exposed: [String: [String: Int]] = [:]
    for sample in scrape.all("darktrace_model_breaches_total", ["appliance": appliance]) where sample.value > 0 {
        exposed[sample.labels["model"] ?? "", default: [:]][sample.labels["category"] ?? ""] = Int(sample.value)
    }
    #expect(exposed == oracle.models, "by model and category of \(appliance)", sourceLocation: sourceLocation)
    var bounds: [String: [String: Int]] = [:]
    for sample in scrape.all("darktrace_model_breach_score_bucket", ["appliance": appliance]) {
        bounds[sample.labels["category"] ?? "", default: [:]][sample.labels["le"] ?? ""] = Int(sample.value)
    }
    #expect(bounds == oracle.scores, "by score bound of \(appliance)", sourceLocation: sourceLocation)
}

extension Exporter {
    /// Awaits that the exposed numbers of an appliance are those of its oracle since the ledger's start, all of them.
    @discardableResult func awaitTruth(
        of appliance: String, by simulator: Simulator, seconds: Double = 90,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Scrape {
        var last: (truth: Oracle, scrape: Scrape)?
        do {
            try await awaitScrape("the oracle's total of \(appliance)", seconds: seconds) { scrape in
                guard
                    let start = scrape.value("darktrace_ledger_start_timestamp_seconds", ["appliance": appliance])
                else { return false }
                let oracle = try simulator.oracle(appliance, from: Int64((start * 1_000).rounded()))
                last = (oracle, scrape)
                return scrape.sum("darktrace_model_breaches_total", ["appliance": appliance]) == Double(oracle.total)
                    && scrape.value("darktrace_up", ["appliance": appliance]) == 1
            }
        } catch {
            // What is missing, or too much, says more than that the time is over.
            if let last { expectTruth(last.truth, last.scrape, of: appliance, sourceLocation: sourceLocation) }
            throw error
        }
        let (truth, scrape) = try #require(last)
        expectTruth(truth, scrape, of: appliance, sourceLocation: sourceLocation)
        return scrape
    }
}
