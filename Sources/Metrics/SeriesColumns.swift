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

    /// Inserts a series at its place in sorted columns.
    mutating func insert(_ series: Series) {
        let row = firstRow(notBefore: series.labels)
        guard row < count else { return append(series) }
        if series.created != nil || !created.isEmpty {
            while created.count < count { created.append(.nan) }
            created.insert(series.created ?? .nan, at: row)
        }
        for later in distributions.keys.filter({ $0 >= row }).sorted(by: >) {
            distributions[later + 1] = distributions.removeValue(forKey: later)
        }
        switch series.value {
        case .number(let value, let exemplar):
            exemplars.insert(exemplar, row: row)
            numbers.insert(value, at: row)
        case .histogram(let distribution):
            exemplars.insert(nil, row: row)
            distributions[row] = distribution
            numbers.insert(0, at: row)
        }
        labels.insert(series.labels, row: row)
    }

    /// Replaces the number or the histogram of a row; the exemplar of a number stays.
    mutating func set(_ value: Series.Value, row: Int) {
        switch value {
        case .number(let number, _):
            numbers[row] = number
            if !distributions.isEmpty { distributions[row] = nil }
        case .histogram(let distribution): distributions[row] = distribution
        }
    }

    /// The row with these labels in sorted columns.
    func row(of wanted: Labels) -> Int? {
        let row = firstRow(notBefore: wanted)
        return row < count && labels.rendered(row) == wanted.rendered ? row : nil
    }

    /// By binary search.
    private func firstRow(notBefore wanted: Labels) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if labels[middle] < wanted { low = middle + 1 } else { high = middle }
        }
        return low
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
    func isSame(as other: [Double]) -> Bool {
        count == other.count && zip(self, other).allSatisfy { $0.bitPattern == $1.bitPattern }
    }
}
