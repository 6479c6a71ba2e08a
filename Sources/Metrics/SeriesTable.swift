/// Series of one family, stored by column.
///
/// A hundred thousand series take a few large allocations instead of hundreds of thousands of small ones, and all
/// readers share them.
package struct SeriesTable: Sendable {
    /// Labels that all series have after their own, such as the configured ones of an appliance.
    package var commonLabels = Labels.none
    private var labels = LabelColumn()
    /// The value of a number; unused for a histogram.
    private var numbers: [Double] = []
    private var exemplars = ExemplarColumn()
    /// The histograms by their rows: there are few of them.
    private var distributions: [Int: HistogramValue] = [:]
    /// In Unix seconds, NaN where unknown; empty if unknown for all rows.
    private var created: [Double] = []
    /// Whether the labels ascend, so that none is repeated.
    private(set) var isSorted = true

    package init() {}

    package init(_ series: some Sequence<Series>) {
        for one in series { append(one) }
    }

    /// Sorts series by labels, of which none may be repeated; the table has no spare capacity.
    package init(sorting series: some Sequence<Series>) {
        let sorted = series.sorted { $0.labels < $1.labels }
        labels.reserveCapacity(bytes: sorted.reduce(0) { $0 + $1.labels.byteCount }, rows: sorted.count)
        numbers.reserveCapacity(sorted.count)
        if sorted.contains(where: { $0.created != nil }) { created.reserveCapacity(sorted.count) }
        for one in sorted { append(one) }
    }

    /// Adds a series at the end, even if its labels are in the table already.
    package mutating func append(_ series: Series) {
        if isSorted, let last = labels.last { isSorted = last < series.labels }
        if let begin = series.created {
            while created.count < count { created.append(.nan) }
            created.append(begin)
        } else if !created.isEmpty {
            created.append(.nan)
        }
        switch series.value {
        case .number(let value, let exemplar):
            exemplars.set(exemplar, row: count)
            numbers.append(value)
        case .histogram(let distribution):
            distributions[count] = distribution
            numbers.append(0)
        }
        labels.append(series.labels)
    }

    /// Adds a series with a number at the end, whose labels are rendered in place: building thousands this way takes
    /// half as long as from separate values.
    ///
    /// - Parameters:
    ///   - first: Labels that come first.
    ///   - names: The names of further labels.
    ///   - values: Their values.
    ///   - exemplar: A label with a number, the value, and the time in Unix seconds.
    package mutating func append(
        _ first: Labels, names: ArraySlice<String>, values: [String], number: Double, created: Double,
        exemplar: (name: String, number: Int64, value: Double, timestamp: Double)? = nil
    ) {
        while self.created.count < count { self.created.append(.nan) }
        self.created.append(created)
        if let exemplar { exemplars.set(exemplar, row: count) }
        numbers.append(number)
        labels.append(first, names, values)
        if isSorted { isSorted = labels.endsInOrder }
    }

    /// The series sorted by labels, each label set once; of equal ones the first is kept.
    ///
    /// The copy has no spare capacity, while a table that grew by appending takes up to twice the memory.
    package func sorted() -> SeriesTable {
        // The row decides between equal labels.
        let order = isSorted ? Array(indices) : indices.sorted { (labels[$0], $0) < (labels[$1], $1) }
        var table = SeriesTable()
        table.commonLabels = commonLabels
        table.reserveCapacity(of: self)
        for row in order where table.labels.last != labels[row] { table.append(row, of: self) }
        return table
    }

    /// Adds a row of another table whose labels sort after all present ones.
    private mutating func append(_ row: Int, of other: SeriesTable) {
        if !other.created.isEmpty { created.append(other.created[row]) }
        exemplars.set(row, of: other.exemplars, row: count)
        if let distribution = other.distributions[row] { distributions[count] = distribution }
        numbers.append(other.numbers[row])
        labels.append(other.labels[row])
    }

    private mutating func reserveCapacity(of other: SeriesTable) {
        labels.reserveCapacity(of: other.labels)
        numbers.reserveCapacity(other.numbers.count)
        exemplars.reserveCapacity(of: other.exemplars)
        created.reserveCapacity(other.created.count)
    }
}

extension SeriesTable: Equatable {
    /// Whether two tables are written alike; a value that is not a number equals itself.
    package static func == (one: SeriesTable, other: SeriesTable) -> Bool {
        one.commonLabels == other.commonLabels && one.labels == other.labels && one.numbers.isSame(as: other.numbers)
            && one.exemplars == other.exemplars
            && one.distributions == other.distributions && one.created.isSame(as: other.created)
    }

    /// About how many bytes the series take in a body, without the name of the family.
    package var approximateBytes: Int {
        let lines = distributions.values.reduce(count) { $0 + $1.counts.count + 1 }
        return count == 0 ? 0 : (labels.byteCount / count + commonLabels.byteCount + 12) * lines
    }
}

extension [Double] {
    /// Equal bit for bit.
    fileprivate func isSame(as other: [Double]) -> Bool {
        count == other.count && zip(self, other).allSatisfy { $0.bitPattern == $1.bitPattern }
    }
}

extension SeriesTable: RandomAccessCollection {
    package var startIndex: Int { 0 }
    package var endIndex: Int { numbers.count }

    package subscript(row: Int) -> Series {
        Series(
            labels[row].with(common: commonLabels), value(row),
            created: created.isEmpty || created[row].isNaN ? nil : created[row])
    }

    private func value(_ row: Int) -> Series.Value {
        if !distributions.isEmpty, let distribution = distributions[row] { return .histogram(distribution) }
        return .number(numbers[row], exemplars[row])
    }
}

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
    mutating func set(_ exemplar: Exemplar?, row: Int) {
        guard let exemplar else { return }
        append(exemplar.labels, exemplar.value, exemplar.timestamp ?? .nan, row: row)
    }

    /// The same for an exemplar with one label, which has a number.
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

    mutating func reserveCapacity(of other: ExemplarColumn) {
        labels.reserveCapacity(of: other.labels)
        values.reserveCapacity(other.values.count)
        timestamps.reserveCapacity(other.timestamps.count)
        places.reserveCapacity(other.places.count)
    }
}

/// Rendered label sets in one block of memory.
struct LabelColumn: Sendable, Equatable {
    private var bytes: [UInt8] = []
    /// The end offset of each; 4 GiB are more than the labels of any exposition.
    private var ends: [UInt32] = []

    var byteCount: Int { bytes.count }

    var last: Labels? { ends.isEmpty ? nil : self[ends.count - 1] }

    mutating func append(_ labels: Labels) {
        labels.write(to: &bytes)
        ends.append(UInt32(clamping: bytes.count))
    }

    /// Renders labels in place: those that come first, then names with their values.
    mutating func append(_ first: Labels, _ names: ArraySlice<String>, _ values: [String]) {
        first.write(to: &bytes)
        if !first.isEmpty, !names.isEmpty { bytes.append(UInt8(ascii: ",")) }
        bytes.append(labels: names, values)
        ends.append(UInt32(clamping: bytes.count))
    }

    /// Renders one label with a number in place.
    mutating func append(_ name: String, _ number: Int64) {
        bytes.append(label: name, number)
        ends.append(UInt32(clamping: bytes.count))
    }

    /// Whether the last labels sort after the ones before them.
    var endsInOrder: Bool { ends.count < 2 || self[ends.count - 2] < self[ends.count - 1] }

    /// The labels of a row; they share the memory of the column.
    subscript(row: Int) -> Labels {
        Labels(rendered: bytes[(row == 0 ? 0 : Int(ends[row - 1]))..<Int(ends[row])])
    }

    mutating func reserveCapacity(of other: LabelColumn) {
        reserveCapacity(bytes: other.bytes.count, rows: other.ends.count)
    }

    mutating func reserveCapacity(bytes byteCount: Int, rows: Int) {
        bytes.reserveCapacity(byteCount)
        ends.reserveCapacity(rows)
    }
}
