import Collector
import Foundation
import Metrics

/// The counts that a world must expose, computed from its history alone.
struct ExpectedCounts {
    private var expected: [String: Double] = [:]
    private var actual: [String: Double] = [:]
    private(set) var violation: String?

    init(_ site: World.Site, _ profile: FaultProfile) {
        let exposed = site.exposition.last
        guard let startMilliseconds = site.exposition.ledgerStart else {
            violation = "no ledger start"
            return
        }
        let isBounded = profile.maxModels < profile.modelCount + 1
        for breach in site.history.breaches where breach.counts(since: startMilliseconds) {
            let category = breach.countedCategory
            if !isBounded { expected["model \(breach.label) \(category)", default: 0] += 1 }
            expected["category \(category)", default: 0] += 1
            if breach.hasScore {
                let bucket = max(0, (breach.score + 99) / 100 - 1)
                expected["score \(category) \(bucket)", default: 0] += 1
            }
        }
        read(exposed, isBounded)
        let names = exposed.keys.filter { $0.hasPrefix(BreachMetrics.modelBreaches.name) }
        let labels = Set(names.compactMap(Self.model))
        if labels.count > profile.maxModels + 1 { violation = "\(labels.count) model labels" }
    }

    private mutating func read(_ exposed: [String: Double], _ isBounded: Bool) {
        for (name, value) in exposed where value != 0 {
            if name.hasPrefix(BreachMetrics.modelBreaches.name) {
                guard let model = Self.model(name), let category = Self.label("category", name) else { continue }
                if !isBounded { actual["model \(model) \(category)", default: 0] += value }
                actual["category \(category)", default: 0] += value
            } else if name.hasPrefix(BreachMetrics.score.name + "{"), !name.hasSuffix("sum") {
                guard let category = Self.label("category", name), let end = name.lastIndex(of: "}") else { continue }
                actual["score \(category) \(name[name.index(after: end)...])", default: 0] += value
            }
        }
    }

    private static func model(_ name: String) -> String? { label("model", name) }

    private static func label(_ label: String, _ name: String) -> String? {
        guard let range = name.range(of: "\(label)=\"") else { return nil }
        return String(name[range.upperBound...].prefix { $0 != "\"" })
    }

    var differences: [String] {
        if let violation { return [violation] }
        return Set(expected.keys).union(actual.keys).sorted().compactMap { key in
            let (truth, exposed) = (expected[key] ?? 0, actual[key] ?? 0)
            return truth == exposed ? nil : "\(key): true \(truth), exposed \(exposed)"
        }
    }
}
