/// The exemplars of some rows.
struct ExemplarColumn: Sendable {
    private var labels = LabelColumn()
    private var values: [Double] = []
    /// In Unix seconds, NaN where it is not known.
    private var timestamps: [Double] = []
    /// For each row where its exemplar stands, or -1; as long as the last row that has one.
    private var places: [Int32] = []

    subscript(row: Int) -> Exemplar? {
        guard row < places.count, case let place = Int(places[row]), place >= 0 else { return nil }
        return Exemplar(
            labels: labels[place], value: values[place],
            timestamp: timestamps[place].isNaN ? nil : timestamps[place])
    }

    /// The row must be a new one, after all others.
    mutating func set(_ exemplar: Exemplar?, row: Int) {
        guard let exemplar else { return }
        append(exemplar.labels, exemplar.value, exemplar.timestamp ?? .nan, row: row)
    }

    /// The same with what another column has in one of its rows.
    mutating func set(_ otherRow: Int, of other: ExemplarColumn, row: Int) {
        guard otherRow < other.places.count, case let place = Int(other.places[otherRow]), place >= 0 else { return }
        append(other.labels[place], other.values[place], other.timestamps[place], row: row)
    }

    private mutating func append(_ label: Labels, _ value: Double, _ timestamp: Double, row: Int) {
        while places.count < row { places.append(-1) }
        places.append(Int32(clamping: values.count))
        labels.append(label)
        values.append(value)
        timestamps.append(timestamp)
    }

    mutating func reserveCapacity(of other: ExemplarColumn) {
        labels.reserveCapacity(of: other.labels)
        values.reserveCapacity(other.values.count)
        timestamps.reserveCapacity(other.timestamps.count)
        places.reserveCapacity(other.places.count)
    }
}
