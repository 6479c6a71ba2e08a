/// The columns of a table: row by row the labels and the value of one series.
struct SeriesColumns: Sendable {
    private(set) var labels = LabelColumn()
    /// The value of a number; unused for a histogram.
    private(set) var numbers = NumberColumn()
    /// In Unix seconds, NaN where unknown; empty if unknown for all rows.
    private(set) var created = NumberColumn()
    /// What most tables do not have: one element, or none.
    private var rare: [RareColumns] = []
    private(set) var isSorted = true

    private struct RareColumns: Sendable {
        var exemplars = ExemplarColumn()
        /// The histograms by their rows.
        var distributions: [Int: HistogramValue] = [:]
    }

    /// For changes: they come into being with the first one.
    private var rareColumns: RareColumns {
        get { rare.first ?? RareColumns() }
        _modify {
            if rare.isEmpty { rare.append(RareColumns()) }
            yield &rare[0]
        }
    }

    /// Whether the rows are written as a number without an exemplar.
    var areNumbers: Bool { rare.isEmpty || (rare[0].distributions.isEmpty && rare[0].exemplars.isEmpty) }

    var hasHistograms: Bool { !rare.isEmpty && !rare[0].distributions.isEmpty }

    var hasExemplars: Bool { !rare.isEmpty && !rare[0].exemplars.isEmpty }

    private var exemplars: ExemplarColumn {
        get { rare.isEmpty ? ExemplarColumn() : rare[0].exemplars }
        _modify { yield &rareColumns.exemplars }
    }

    private var distributions: [Int: HistogramValue] {
        get { rare.isEmpty ? [:] : rare[0].distributions }
        _modify { yield &rareColumns.distributions }
    }

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
            if let exemplar { exemplars.set(exemplar, row: count) }
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
        let row = labels.firstRow(notBefore: series.labels)
        guard row < count else { return append(series) }
        if series.created != nil || !created.isEmpty {
            while created.count < count { created.append(.nan) }
            created.insert(series.created ?? .nan, at: row)
        }
        if hasExemplars { exemplars.insertRow(row) }
        for later in distributions.keys.filter({ $0 >= row }).sorted(by: >) {
            distributions[later + 1] = distributions.removeValue(forKey: later)
        }
        switch series.value {
        case .number(let value, let exemplar):
            if let exemplar { exemplars.insert(exemplar, row: row) }
            numbers.insert(value, at: row)
        case .histogram(let distribution):
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
            if hasHistograms { distributions[row] = nil }
        case .histogram(let distribution): distributions[row] = distribution
        }
    }

    /// Whether the numbers are the same, bit for bit.
    func hasNumbers(_ other: NumberColumn) -> Bool { numbers.isSame(as: other) && !hasHistograms }

    mutating func replaceNumbers(_ other: NumberColumn) {
        precondition(!hasHistograms, "numbers replace a histogram")
        numbers = other
    }

    func sorted() -> SeriesColumns {
        // The row decides between equal labels.
        let rows = 0..<count
        let order = isSorted ? Array(rows) : rows.sorted { (labels[$0], $0) < (labels[$1], $1) }
        var sorted = SeriesColumns()
        sorted.reserveCapacity(of: self)
        for row in order where sorted.labels.last != labels[row] { sorted.append(row, of: self) }
        return sorted
    }

    /// Adds a row of other columns whose labels sort after all present ones.
    private mutating func append(_ row: Int, of other: SeriesColumns) {
        if !other.created.isEmpty { created.append(other.created[row]) }
        if other.hasExemplars { exemplars.set(row, of: other.exemplars, row: count) }
        if let distribution = other.distributions[row] { distributions[count] = distribution }
        numbers.append(other.numbers[row])
        labels.append(other.labels[row])
    }

    private mutating func reserveCapacity(of other: SeriesColumns) {
        labels.reserveCapacity(of: other.labels)
        numbers.reserveCapacity(other.numbers.count)
        if other.hasExemplars { exemplars.reserveCapacity(of: other.exemplars) }
        created.reserveCapacity(other.created.count)
    }

    mutating func reserveCapacity(for series: [Series]) {
        labels.reserveCapacity(bytes: series.reduce(0) { $0 + $1.labels.byteCount }, rows: series.count)
        numbers.reserveCapacity(series.count)
        if series.contains(where: { $0.created != nil }) { created.reserveCapacity(series.count) }
    }

    /// About how many bytes all rows take in a body, of which there must be one.
    ///
    /// - Parameter commonLabels: The bytes of further labels of each row.
    func approximateBytes(commonLabels: Int) -> Int {
        let lines = distributions.values.reduce(count) { $0 + $1.counts.count + 1 }
        return (labels.byteCount / count + commonLabels + 12) * lines
    }
}

extension SeriesColumns: Equatable {
    /// Whether two tables are written alike; a value that is not a number equals itself.
    static func == (one: SeriesColumns, other: SeriesColumns) -> Bool {
        one.labels == other.labels && one.numbers.isSame(as: other.numbers) && one.exemplars == other.exemplars
            && one.distributions == other.distributions && one.created.isSame(as: other.created)
    }
}

// MARK: Reading

extension SeriesColumns {
    subscript(row: Int) -> Series {
        Series(
            labels[row], value(row),
            created: created.isEmpty || created[row].isNaN ? nil : created[row])
    }

    func value(_ row: Int) -> Series.Value {
        guard !rare.isEmpty else { return .number(numbers[row]) }
        if let distribution = rare[0].distributions[row] { return .histogram(distribution) }
        return .number(numbers[row], rare[0].exemplars[row])
    }
}
