import Ledger
import Metrics

/// Adds up what records change in rows of the ledger.
struct RowSums: Sendable {
    private var amounts: [RowKey: Double] = [:]

    mutating func add(
        _ amount: Double, to family: Descriptor, _ labels: [String], _ part: RowKey.Part = .value
    ) {
        amounts[RowKey(family: family.name, labels: labels, part: part), default: 0] += amount
    }

    /// Adds an observation of a histogram.
    mutating func observe(_ value: Double, in family: Descriptor, _ labels: [String]) {
        guard case .histogram(let bounds) = family.kind else { return }
        add(1, to: family, labels, .bucket(bounds.firstIndex { value <= $0 } ?? bounds.count))
        add(value, to: family, labels, .sum)
    }

    /// The updates; `start` is when rows that are new begin.
    func updates(createdAt start: ApplianceTime) -> [RowUpdate] {
        amounts.map { key, amount in
            RowUpdate(key: key, operation: .add(amount), createdMilliseconds: start.milliseconds)
        }
    }
}
