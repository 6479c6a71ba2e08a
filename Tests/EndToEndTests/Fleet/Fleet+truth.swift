import Foundation
import TestSupport
import Testing

extension Fleet {
    /// Awaits that all appliances together expose the oracle's counts of a simulator that pauses, and compares each one.
    ///
    /// - Returns: The oracle's total.
    @discardableResult func awaitTruth(
        seconds: Double = 180, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Int {
        var oracles: [String: Oracle] = [:]
        try await eventually("the starts of all ledgers", seconds: seconds, seen: { [self] in log(of: 0) }) {
            let scrape = try self.scrape()
            for name in names {
                guard
                    let start = scrape.value("darktrace_ledger_start_timestamp_seconds", ["appliance": name])
                else { return false }
                if oracles[name] == nil {
                    oracles[name] = try simulator.oracle(name, from: Int64((start * 1_000).rounded()))
                }
            }
            return true
        }
        let total = oracles.values.reduce(0) { $0 + $1.total }
        var seen: [Double] = []
        var scrape = try self.scrape()
        let isExact = try await eventually(seconds: seconds, pause: .milliseconds(500)) {
            guard let newest = try? self.scrape() else { return false }
            scrape = newest
            seen = [
                scrape.sum("darktrace_model_breaches_total"), scrape.sum("darktrace_up"),
                scrape.sum("darktrace_model_breach_score_count"),
            ]
            return seen == [Double(total), Double(names.count), Double(total)]
        }
        #expect(
            isExact, "counts, appliances up, scores: \(seen); the oracle has \(total)", sourceLocation: sourceLocation)
        // A later one may fall into another handover.
        for (name, oracle) in oracles.sorted(by: { $0.key < $1.key }) {
            expectTruth(oracle, scrape, of: name, sourceLocation: sourceLocation)
        }
        return total
    }

    /// A Prometheus for these targets that makes the series of an appliance independent of the replica.
    ///
    /// - Parameter receivers: Where it writes its samples to, as an agent; `address:port` of each.
    func prometheus(_ targets: [String], name: String = "prometheus", receivers: [String] = []) throws -> Prometheus {
        let list = targets.map { "'\($0)'" }.joined(separator: ", ")
        let writes = receivers.map { "  - {url: 'http://\($0)/api/v1/write', remote_timeout: 60s}" }
        return try Prometheus(
            workspace,
            scrapeConfigs: """
                  - job_name: darktrace
                    static_configs: [{targets: [\(list)]}]
                    metric_relabel_configs:
                      - {source_labels: [appliance], regex: .+, target_label: instance, replacement: ""}
                \((receivers.isEmpty ? [] : ["remote_write:"] + writes).joined(separator: "\n"))
                """, name: name, isAgent: !receivers.isEmpty)
    }
}

/// What a Prometheus has of the counters of a fleet.
struct FleetHistory {
    let prometheus: Prometheus
    /// Of the range that begins before everything.
    var range = "1h"

    private static let families =
        "darktrace_model_breaches_total|darktrace_model_breach_score_bucket|darktrace_model_breach_score_count"

    private func value(_ expression: String) throws -> Double { try prometheus.query(expression).first?.value ?? 0 }

    /// Awaits the total of the newest samples.
    func awaitTotal(_ total: Int, seconds: Double = 60) async throws {
        let expression = "sum(last_over_time(darktrace_model_breaches_total[\(range)]))"
        try await eventually(
            "\(total) in Prometheus", seconds: seconds, seen: { try "\(value(expression))" },
            { try value(expression) == Double(total) })
    }

    /// Expects that no counter fell, and that what they grew by is what was to be counted.
    func expectGrowth(_ count: Int, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let resets = try prometheus.query("resets({__name__=~\"\(Self.families)\"}[\(range)]) > 0")
        #expect(resets.isEmpty, "counters fell: \(resets.prefix(5))", sourceLocation: sourceLocation)
        let series = "darktrace_model_breaches_total[\(range)]"
        let grown = try value("sum(max_over_time(\(series)) - min_over_time(\(series)))")
        #expect(grown == Double(count), "by the samples themselves", sourceLocation: sourceLocation)
        // It estimates what happened before the first sample and after the last one.
        let increase = try value("sum(increase(\(series)))")
        print("fleet: \(count) breaches, increase() has \(increase)")
        #expect(abs(increase - Double(count)) <= 0.02 * Double(count) + 1, sourceLocation: sourceLocation)
        let instances = try prometheus.query("count by (instance) (\(series.replacing("[\(range)]", with: "")))")
        #expect(instances.allSatisfy { $0.labels["instance"] == nil }, sourceLocation: sourceLocation)
    }
}
