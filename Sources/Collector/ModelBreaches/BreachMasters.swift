import Darktrace
import Ledger
import Metrics

/// The masters behind a Unified View, by the numbers that the ids of their breaches start with, with their counts.
///
/// What a ledger counted before it knew masters, and whatever names none, is `unknown`: it is what the categories hold
/// in addition to the masters, so the sum over all masters is right for a ledger of any version.
struct BreachMasters: Sendable {
    /// How many masters have a label of their own.
    static let limit = 64
    private static let unknown = "unknown"
    /// An id of a Unified View has 13 digits: the number of the master, and the id on that master.
    private static let idsPerMaster: UInt64 = 1_000_000_000_000

    private var numbers: Set<Int64> = []
    private var rows: [LedgerRow] = []

    /// The number of the master that an id starts with; nil where ids have no such prefix, as on a master itself.
    static func number(in id: Int64) -> Int64? {
        // The sign carries no meaning.
        let number = Int64(id.magnitude / idsPerMaster)
        return number > 0 ? number : nil
    }

    /// Registers the master of a breach and returns its number; nil if it is counted as `unknown`.
    mutating func assignNumber(for id: Int64) -> Int64? {
        guard let number = Self.number(in: id) else { return nil }
        if numbers.contains(number) { return number }
        guard numbers.count < Self.limit else { return nil }
        numbers.insert(number)
        return number
    }

    /// Learns from a stored row; rows of other families are ignored.
    mutating func add(_ row: LedgerRow) {
        guard row.key.family == BreachMetrics.modelBreachesByMaster.name, row.key.part == .value,
            row.key.labels.count == 2
        else { return }
        if let number = Int64(row.key.labels[0]) { numbers.insert(number) }
        rows.append(row)
    }

    /// The family; without series as long as no breach has named a master.
    ///
    /// - Parameter totals: The number of all breaches by category.
    func family(of appliance: String, totals: [String: Double], start: ApplianceTime) -> MetricFamily {
        let descriptor = BreachMetrics.modelBreachesByMaster
        guard !rows.isEmpty else { return MetricFamily(descriptor, []) }
        var unknown = totals
        var series = rows.map { row in
            unknown[row.key.labels[1], default: 0] -= row.value
            return Series(
                Labels(descriptor.labelNames, [appliance] + row.key.labels), .number(row.exposedValue, row.exemplar()),
                created: max(ApplianceTime(milliseconds: row.createdMilliseconds), start).inSeconds)
        }
        for category in Set(Category.allCases.map(\.rawValue)).union(totals.keys) {
            series.append(
                Series(
                    Labels(descriptor.labelNames, [appliance, Self.unknown, category]),
                    .number(max(0, unknown[category] ?? 0)), created: start.inSeconds))
        }
        return MetricFamily(descriptor, series.sorted { $0.labels < $1.labels })
    }
}
