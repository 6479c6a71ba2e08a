import Ledger
import Metrics

extension Family {
    /// Makes a family from what the ledger tells of it, in order: the same at the start and after each commit.
    ///
    /// - Parameters:
    ///   - rows: Those of this family, in any order.
    ///   - prefix: Label values that every series has first.
    ///   - declared: Label sets that exist at 0 though nothing was counted, as the rows have them.
    ///   - startMilliseconds: When the ledger began, as no series is older.
    init(
        _ descriptor: Descriptor, rows: [Row], prefix: [String], declared: [[String]] = [], startMilliseconds: Int64
    ) {
        func make(_ labels: [String], born: Int64) -> Series {
            Series(
                Labels(descriptor.labelNames, prefix + labels), descriptor.kind.zero,
                created: Double(max(born, startMilliseconds)) / 1_000)
        }
        if declared.isEmpty, case .number = descriptor.kind.zero {
            // Each row is a series: a dictionary of thousands would cost more than all the rest.
            let series = rows.filter { $0.key.part == .value }.map { row in
                var one = make(row.key.labels, born: row.bornMilliseconds)
                one.value.set(row, of: descriptor)
                return one
            }
            self.init(descriptor, series.sorted { $0.labels < $1.labels })
            return
        }
        var series: [[ExactText]: Series] = [:]
        for labels in declared { series[labels.map(ExactText.init)] = make(labels, born: startMilliseconds) }
        for row in rows {
            let labels = row.key.labels.map(ExactText.init)
            var one = series[labels] ?? make(row.key.labels, born: row.bornMilliseconds)
            one.value.set(row, of: descriptor)
            series[labels] = one
        }
        self.init(descriptor, series.values.sorted { $0.labels < $1.labels })
    }
}

extension Series.Value {
    /// Puts one number of a row in its place; a part that the family does not have is passed over.
    fileprivate mutating func set(_ row: Row, of descriptor: Descriptor) {
        switch (self, row.key.part) {
        case (.number, .value):
            let exemplar = descriptor.kind == .counter ? row.exemplar(value: 1) : nil
            self = .number(row.told, exemplar)
        case (.histogram(var distribution), .sum):
            distribution.sum = row.told
            self = .histogram(distribution)
        case (.histogram(var distribution), .bucket(let index)) where distribution.counts.indices.contains(index):
            distribution.counts[index] = row.told
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

extension Row {
    /// The newest record behind the number, unless its increment is still held back.
    fileprivate func exemplar(value: Double) -> Exemplar? {
        guard let newest, !isHeld else { return nil }
        return Exemplar(
            labels: Labels(["pbid"], ["\(newest.id)"]), value: value, timestamp: Double(newest.milliseconds) / 1_000)
    }
}
