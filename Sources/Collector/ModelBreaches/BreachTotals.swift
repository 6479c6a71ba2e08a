import Darktrace
import Ledger
import Metrics

/// Sums over the rows of model breaches, for the families that have no rows of their own.
///
/// They count true values, also of held series, and need no migration: a ledger of any version holds what they sum.
struct BreachTotals: Sendable {
    private var categories: [String: Sum] = [:]
    private var scored = 0.0

    private struct Sum {
        var count = 0.0
        var newest: SeenRecord?

        mutating func add(_ row: LedgerRow) {
            count += row.value
            if let next = row.newest, next.milliseconds > newest?.milliseconds ?? .min { newest = next }
        }
    }

    /// Adds a row; rows of other families are ignored.
    mutating func add(_ row: LedgerRow) {
        switch (row.key.family, row.key.part) {
        case (BreachMetrics.modelBreaches.name, .value):
            guard let category = row.key.labels.last else { return }
            categories[category, default: Sum()].add(row)
        case (BreachMetrics.score.name, .bucket): scored += row.value
        default: break
        }
    }

    /// The number of breaches by category.
    var counts: [String: Double] { categories.mapValues(\.count) }

    /// The families, with every category from the start.
    func families(of appliance: String, start: ApplianceTime) -> [MetricFamily] {
        let created = start.inSeconds
        let names = Set(Category.allCases.map(\.rawValue)).union(categories.keys)
        let byCategory = BreachMetrics.modelBreachesByCategory
        let series = names.sorted().map { name in
            let sum = categories[name]
            let exemplar = sum?.newest.map { Exemplar(of: $0) }
            return Series(
                Labels(byCategory.labelNames, [appliance, name]), .number(sum?.count ?? 0, exemplar), created: created)
        }
        let withoutScore = BreachMetrics.modelBreachesWithoutScore
        let count = max(0, categories.values.reduce(0) { $0 + $1.count } - scored)
        return [
            MetricFamily(byCategory, series),
            MetricFamily(
                withoutScore, [Series(Labels(withoutScore.labelNames, [appliance]), .number(count), created: created)]),
        ]
    }
}
