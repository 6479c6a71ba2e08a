/// The exemplars of a table; most rows have none.
struct ExemplarColumn: Sendable, Equatable {
    private var labels = LabelColumn()
    private var values: [Double] = []
    /// In Unix seconds, NaN where unknown.
    private var timestamps: [Double] = []
    /// For each row the index of its exemplar, or -1; ends with the last row that has one.
    private var places: [Int32] = []

    static func == (one: ExemplarColumn, other: ExemplarColumn) -> Bool {
        one.places == other.places && one.labels == other.labels && one.values.isSame(as: other.values)
            && one.timestamps.isSame(as: other.timestamps)
    }

    subscript(row: Int) -> Exemplar? {
        guard row < places.count, case let place = Int(places[row]), place >= 0 else { return nil }
        return Exemplar(
            labels: labels[place], value: values[place],
            timestamp: timestamps[place].isNaN ? nil : timestamps[place])
    }

    /// Sets the exemplar of a row after all earlier ones.
    mutating func set(_ exemplar: Exemplar, row: Int) {
        append(exemplar.labels, exemplar.value, exemplar.timestamp ?? .nan, row: row)
    }

    /// Inserts a row without an exemplar.
    mutating func insertRow(_ row: Int) {
        if row < places.count { places.insert(-1, at: row) }
    }

    /// Sets the exemplar of a row that has none.
    mutating func insert(_ exemplar: Exemplar, row: Int) {
        guard row < places.count else { return set(exemplar, row: row) }
        places[row] = Int32(clamping: values.count)
        labels.append(exemplar.labels)
        values.append(exemplar.value)
        timestamps.append(exemplar.timestamp ?? .nan)
    }

    /// Sets an exemplar with one label, which has a number.
    mutating func set(_ exemplar: (name: String, number: Int64, value: Double, timestamp: Double), row: Int) {
        labels.append(exemplar.name, exemplar.number)
        append(exemplar.value, exemplar.timestamp, row: row)
    }

    /// Copies the exemplar of a row of another column.
    mutating func set(_ otherRow: Int, of other: ExemplarColumn, row: Int) {
        guard otherRow < other.places.count, case let place = Int(other.places[otherRow]), place >= 0 else { return }
        append(other.labels[place], other.values[place], other.timestamps[place], row: row)
    }

    private mutating func append(_ label: Labels, _ value: Double, _ timestamp: Double, row: Int) {
        labels.append(label)
        append(value, timestamp, row: row)
    }

    private mutating func append(_ value: Double, _ timestamp: Double, row: Int) {
        while places.count < row { places.append(-1) }
        places.append(Int32(clamping: values.count))
        values.append(value)
        timestamps.append(timestamp)
    }

    var isEmpty: Bool { values.isEmpty }

    mutating func reserveCapacity(of other: ExemplarColumn) {
        labels.reserveCapacity(of: other.labels)
        values.reserveCapacity(other.values.count)
        timestamps.reserveCapacity(other.timestamps.count)
        places.reserveCapacity(other.places.count)
    }
}
