/// Series of one family, column by column: a hundred thousand of them take some large blocks of memory instead of
/// hundreds of thousands of small ones, and are shared by whoever reads them.
package struct SeriesTable: Sendable {
    private var labels = LabelColumn()
    /// The value of a number; of a histogram, nothing.
    private var numbers: [Double] = []
    private var exemplars = ExemplarColumn()
    /// The histograms by their rows: there are few of them.
    private var distributions: [Int: HistogramValue] = [:]
    /// In Unix seconds, NaN where it is not known; empty where none is.
    private var created: [Double] = []
    /// Whether the labels ascend, so that none stands there twice.
    private(set) var isSorted = true

    package init() {}

    package init(_ series: some Sequence<Series>) {
        for one in series { append(one) }
    }

    /// Adds a series at the end, whether or not its labels stand in the table already.
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

    /// The same series in the order of their labels, each label set once: of equal ones the first stays.
    ///
    /// They take no more memory than they need, while what grew by appending has up to twice that.
    package func sorted() -> SeriesTable {
        // The row decides between equal labels.
        let order = isSorted ? Array(indices) : indices.sorted { (labels[$0], $0) < (labels[$1], $1) }
        var table = SeriesTable()
        table.reserveCapacity(of: self)
        for row in order where table.labels.last != labels[row] { table.append(row, of: self) }
        return table
    }

    /// Adds a row of another table, whose labels come after all that are there.
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

extension SeriesTable: RandomAccessCollection {
    package var startIndex: Int { 0 }
    package var endIndex: Int { numbers.count }

    package subscript(row: Int) -> Series {
        Series(labels[row], value(row), created: created.isEmpty || created[row].isNaN ? nil : created[row])
    }

    private func value(_ row: Int) -> Series.Value {
        if !distributions.isEmpty, let distribution = distributions[row] { return .histogram(distribution) }
        return .number(numbers[row], exemplars[row])
    }
}
