extension [Family] {
    /// Families of one name become one; families are sorted by name and their series by labels.
    ///
    /// The first descriptor of a name holds: series of a family that disagrees with it in kind or label names are left
    /// out, and so are series whose labels stand there already.
    package func merged() -> [Family] {
        var merged: [Family] = []
        var places: [String: Int] = [:]
        for family in self {
            if let place = places[family.descriptor.name] {
                let descriptor = merged[place].descriptor
                guard descriptor.kind == family.descriptor.kind, descriptor.labelNames == family.descriptor.labelNames
                else { continue }
                merged[place].series.append(contentsOf: family.series)
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

extension Family {
    /// Sorts and drops repeated label sets; a family that is in order already is only read, not copied.
    fileprivate mutating func sortSeries() {
        let isSorted = zip(series, series.dropFirst()).allSatisfy { $0.labels < $1.labels }
        if isSorted { return }
        series.sort { $0.labels < $1.labels }
        var last: Labels?
        series.removeAll { one in
            defer { last = one.labels }
            return one.labels == last
        }
    }
}
