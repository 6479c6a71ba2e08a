import Ledger
import Metrics

/// Makes a family from what the ledger tells of it, row by row, so that thousands of rows are never held together.
///
/// It is the same at the start and after each commit.
struct FamilyBuilder: Sendable {
    let descriptor: Descriptor
    private let prefix: [String]
    private let startMilliseconds: Int64
    /// Of a family whose every row is a series.
    private var table = SeriesTable()
    /// Of a family that has label sets in advance, or several rows to a series.
    private var few: [[ExactText]: Series] = [:]
    private let isEachRowASeries: Bool

    /// - Parameters:
    ///   - prefix: Label values that every series has first.
    ///   - declared: Label sets that exist at 0 though nothing was counted, as the rows have them.
    ///   - startMilliseconds: When the ledger began, as no series is older.
    init(_ descriptor: Descriptor, prefix: [String], declared: [[String]] = [], startMilliseconds: Int64) {
        self.descriptor = descriptor
        self.prefix = prefix
        self.startMilliseconds = startMilliseconds
        if declared.isEmpty, case .number = descriptor.kind.zero {
            isEachRowASeries = true
        } else {
            isEachRowASeries = false
        }
        for labels in declared { few[labels.map(ExactText.init)] = zero(labels, born: startMilliseconds) }
    }

    /// Takes a row of this family, in any order.
    mutating func take(_ row: LedgerRow) {
        if isEachRowASeries {
            guard row.key.part == .value else { return }
            var series = zero(row.key.labels, born: row.createdMilliseconds)
            series.value.set(row, of: descriptor)
            table.append(series)
        } else {
            let labels = row.key.labels.map(ExactText.init)
            var series = few[labels] ?? zero(row.key.labels, born: row.createdMilliseconds)
            series.value.set(row, of: descriptor)
            few[labels] = series
        }
    }

    /// The family, its series in order.
    func family() -> MetricFamily {
        if isEachRowASeries { return MetricFamily(descriptor, table.sorted()) }
        return MetricFamily(descriptor, few.values.sorted { $0.labels < $1.labels })
    }

    private func zero(_ labels: [String], born: Int64) -> Series {
        Series(
            Labels(descriptor.labelNames, prefix + labels), descriptor.kind.zero,
            created: Double(max(born, startMilliseconds)) / 1_000)
    }
}

extension Series.Value {
    /// Puts one number of a row in its place; a part that the family does not have is passed over.
    fileprivate mutating func set(_ row: LedgerRow, of descriptor: Descriptor) {
        switch (self, row.key.part) {
        case (.number, .value):
            let exemplar = descriptor.kind == .counter ? row.exemplar(value: 1) : nil
            self = .number(row.exposedValue, exemplar)
        case (.histogram(var distribution), .sum):
            distribution.sum = row.exposedValue
            self = .histogram(distribution)
        case (.histogram(var distribution), .bucket(let index)) where distribution.counts.indices.contains(index):
            distribution.counts[index] = row.exposedValue
            // The observation itself is not kept: the bound of its bucket stands for it, which `+Inf` does not have.
            if case .histogram(let bounds) = descriptor.kind, index < bounds.count {
                if distribution.exemplars.isEmpty {
                    distribution.exemplars = Array(repeating: nil, count: distribution.counts.count)
                }
                distribution.exemplars[index] = row.exemplar(value: bounds[index])
            }
            self = .histogram(distribution)
        default: break
        }
    }
}

extension LedgerRow {
    /// The newest record behind the number, unless its increment is still held back.
    fileprivate func exemplar(value: Double) -> Exemplar? {
        guard let newest, !isHeld else { return nil }
        return Exemplar(
            labels: Labels("pbid", newest.id), value: value, timestamp: Double(newest.milliseconds) / 1_000)
    }
}
