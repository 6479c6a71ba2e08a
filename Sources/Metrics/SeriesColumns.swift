/// The columns of a table: row by row the labels and the value of one series.
struct SeriesColumns: Sendable {
    var commonLabels = Labels.none
    private var labels = LabelColumn()
    /// The value of a number; unused for a histogram.
    private var numbers: [Double] = []
    private var exemplars = ExemplarColumn()
    /// The histograms by their rows: there are few of them.
    private var distributions: [Int: HistogramValue] = [:]
    /// In Unix seconds, NaN where unknown; empty if unknown for all rows.
    private var created: [Double] = []
    private(set) var isSorted = true

    var count: Int { numbers.count }

    mutating func append(_ series: Series) {
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

    mutating func append(
        _ first: Labels, names: ArraySlice<String>, values: [String], number: Double, created: Double,
        exemplar: (name: String, number: Int64, value: Double, timestamp: Double)?
    ) {
        while self.created.count < count { self.created.append(.nan) }
        self.created.append(created)
        if let exemplar { exemplars.set(exemplar, row: count) }
        numbers.append(number)
        labels.append(first, names, values)
        if isSorted { isSorted = labels.endsInOrder }
    }

    /// Whether the numbers are the same, bit for bit.
    func hasNumbers(_ other: [Double]) -> Bool { numbers.isSame(as: other) && distributions.isEmpty }

    mutating func replaceNumbers(_ other: [Double]) {
        precondition(distributions.isEmpty, "numbers replace a histogram")
        numbers = other
    }

    func sorted() -> SeriesColumns {
        // The row decides between equal labels.
        let rows = 0..<count
        let order = isSorted ? Array(rows) : rows.sorted { (labels[$0], $0) < (labels[$1], $1) }
        var sorted = SeriesColumns()
        sorted.commonLabels = commonLabels
        sorted.reserveCapacity(of: self)
        for row in order where sorted.labels.last != labels[row] { sorted.append(row, of: self) }
        return sorted
    }

    /// Adds a row of other columns whose labels sort after all present ones.
    private mutating func append(_ row: Int, of other: SeriesColumns) {
        if !other.created.isEmpty { created.append(other.created[row]) }
        exemplars.set(row, of: other.exemplars, row: count)
        if let distribution = other.distributions[row] { distributions[count] = distribution }
        numbers.append(other.numbers[row])
        labels.append(other.labels[row])
    }

    private mutating func reserveCapacity(of other: SeriesColumns) {
        labels.reserveCapacity(of: other.labels)
        numbers.reserveCapacity(other.numbers.count)
        exemplars.reserveCapacity(of: other.exemplars)
        created.reserveCapacity(other.created.count)
    }

    mutating func reserveCapacity(for series: [Series]) {
        labels.reserveCapacity(bytes: series.reduce(0) { $0 + $1.labels.byteCount }, rows: series.count)
        numbers.reserveCapacity(series.count)
        if series.contains(where: { $0.created != nil }) { created.reserveCapacity(series.count) }
    }

    /// About how many bytes all rows take in a body, of which there must be one.
    var approximateBytes: Int {
        let lines = distributions.values.reduce(count) { $0 + $1.counts.count + 1 }
        return (labels.byteCount / count + commonLabels.byteCount + 12) * lines
    }
}

extension SeriesColumns: Equatable {
    /// Whether two tables are written alike; a value that is not a number equals itself.
    static func == (one: SeriesColumns, other: SeriesColumns) -> Bool {
        one.commonLabels == other.commonLabels && one.labels == other.labels && one.numbers.isSame(as: other.numbers)
            && one.exemplars == other.exemplars
            && one.distributions == other.distributions && one.created.isSame(as: other.created)
    }
}

// MARK: Reading

extension SeriesColumns {
    subscript(row: Int) -> Series {
        Series(
            labels[row].with(common: commonLabels), value(row),
            created: created.isEmpty || created[row].isNaN ? nil : created[row])
    }

    func value(_ row: Int) -> Series.Value {
        if !distributions.isEmpty, let distribution = distributions[row] { return .histogram(distribution) }
        return .number(numbers[row], exemplars[row])
    }

    /// Whether a row is written as labels and a number, and nothing else.
    ///
    /// - Parameters:
    ///   - exemplars: Whether those of numbers are written.
    ///   - created: Whether creation times are written.
    func isPlain(exemplars: Bool, created: Bool) -> Bool {
        distributions.isEmpty && !(exemplars && !self.exemplars.isEmpty) && !(created && !self.created.isEmpty)
    }

    /// Writes rows as labels and number until `bytes` has at least `size` bytes or no row is left; advances `row`.
    ///
    /// Most lines of a scrape are written here, so no `Series` is made for them.
    func writeNumbers(
        of kind: MetricType, with line: SampleLine, from row: inout Int, to bytes: inout [UInt8], atLeast size: Int
    ) {
        while row < count, bytes.count < size {
            let number = kind == .info ? 1 : numbers[row]
            if kind != .counter || number >= 0 {
                line.write(labels.rendered(row), common: commonLabels.rendered, number, to: &bytes)
            }
            row += 1
        }
    }
}

extension [Double] {
    /// Equal bit for bit.
    fileprivate func isSame(as other: [Double]) -> Bool {
        count == other.count && zip(self, other).allSatisfy { $0.bitPattern == $1.bitPattern }
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

    var isEmpty: Bool { values.isEmpty }

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
    subscript(row: Int) -> Labels { Labels(rendered: rendered(row)) }

    /// The labels of a row as they are written.
    func rendered(_ row: Int) -> ArraySlice<UInt8> { bytes[(row == 0 ? 0 : Int(ends[row - 1]))..<Int(ends[row])] }

    mutating func reserveCapacity(of other: LabelColumn) {
        reserveCapacity(bytes: other.bytes.count, rows: other.ends.count)
    }

    mutating func reserveCapacity(bytes byteCount: Int, rows: Int) {
        bytes.reserveCapacity(byteCount)
        ends.reserveCapacity(rows)
    }
}
