extension [MetricFamily] {
    /// Families of one name become one; families are sorted by name and their series by labels.
    ///
    /// The first descriptor of a name holds: series of a family that disagrees with it in kind or label names are left
    /// out, and so are series whose labels stand there already.
    package func merged() -> [MetricFamily] {
        var merged: [MetricFamily] = []
        var places: [String: Int] = [:]
        for family in self {
            if let place = places[family.descriptor.name] {
                let descriptor = merged[place].descriptor
                guard descriptor.kind == family.descriptor.kind, descriptor.labelNames == family.descriptor.labelNames
                else { continue }
                merged[place].tables += family.tables
            } else {
                places[family.descriptor.name] = merged.count
                merged.append(family)
            }
        }
        for place in merged.indices { merged[place].sortSeries() }
        merged.sort { $0.descriptor.name < $1.descriptor.name }
        return merged
    }
}

extension MetricFamily {
    /// Sorts and drops repeated label sets; tables that are in order already are not copied.
    fileprivate mutating func sortSeries() {
        let isSorted = tables.allSatisfy(\.isSorted) && zip(tables, tables.dropFirst()).allSatisfy(Self.areInOrder)
        if !isSorted { tables = [SeriesTable(tables.joined()).sorted()] }
    }

    private static func areInOrder(_ table: SeriesTable, _ next: SeriesTable) -> Bool {
        guard let last = table.last, let first = next.first else { return true }
        return last.labels < first.labels
    }
}
