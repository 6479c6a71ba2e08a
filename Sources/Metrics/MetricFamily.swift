/// All series of one metric name at one instant, as an exposition format writes them.
package struct MetricFamily: Sendable {
    package let descriptor: Descriptor
    /// In any order; encoders sort. Tables are shared, not copied, when families are merged.
    package var tables: [SeriesTable]

    package init(_ descriptor: Descriptor, _ series: [Series] = []) {
        self.init(descriptor, SeriesTable(series))
    }

    /// Makes a family from a table of series.
    package init(_ descriptor: Descriptor, _ table: SeriesTable) {
        self.descriptor = descriptor
        tables = table.isEmpty ? [] : [table]
    }

    /// All series as separate values; takes ten times the memory of the tables.
    package var series: [Series] { tables.flatMap { $0 } }
}

extension MetricFamily: Equatable {
    /// Equal families have the same series in the same order, in whatever tables.
    package static func == (left: MetricFamily, right: MetricFamily) -> Bool {
        guard left.descriptor == right.descriptor else { return false }
        // Whole columns compare faster than their series.
        return left.tables == right.tables || left.tables.joined().elementsEqual(right.tables.joined())
    }
}

extension [MetricFamily] {
    /// The same families, whose series all have these labels after their own.
    package func with(commonLabels: Labels) -> [MetricFamily] {
        let common = commonLabels == .none ? [] : [commonLabels]
        return map { family in
            var family = family
            family.tables = family.tables.map { $0.with(common: common) }
            return family
        }
    }

    /// Merges families of one name, sorts families by name and their series by labels.
    ///
    /// The first descriptor of a name wins: a family with another type or other label names is left out, and so is a
    /// series whose labels are present already.
    package func merged() -> [MetricFamily] {
        var merged: [MetricFamily] = []
        merged.reserveCapacity(count)
        // The sort is stable: the first of each name stays in front.
        for family in sorted(by: { $0.descriptor.name < $1.descriptor.name }) {
            if let descriptor = merged.last?.descriptor, descriptor.name == family.descriptor.name {
                guard descriptor.kind == family.descriptor.kind, descriptor.labelNames == family.descriptor.labelNames
                else { continue }
                merged[merged.count - 1].tables += family.tables
            } else {
                merged.append(family)
            }
        }
        for place in merged.indices { merged[place].sortSeries() }
        return merged
    }
}

extension MetricFamily {
    /// Whether the labels of all series ascend, so that none is repeated.
    package var isSorted: Bool {
        tables.allSatisfy(\.isSorted)
            && (tables.count < 2 || zip(tables, tables.dropFirst()).allSatisfy(Self.areInOrder))
    }

    /// Sorts and drops repeated label sets; sorted tables are not copied.
    fileprivate mutating func sortSeries() {
        if !isSorted { tables = [SeriesTable(tables.joined()).sorted()] }
    }

    private static func areInOrder(_ table: SeriesTable, _ next: SeriesTable) -> Bool {
        guard let last = table.last, let first = next.first else { return true }
        return last.labels < first.labels
    }
}
