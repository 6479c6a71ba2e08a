/// Series of one family, stored by column.
///
/// A hundred thousand series take a few large allocations instead of hundreds of thousands of small ones, and all
/// readers share them.
package struct SeriesTable: Sendable, Equatable {
    /// One element, or none before the first change. Copies of a table share it until one of them changes, so that a
    /// copy costs one reference, and equal tables are mostly found equal without a look at their series.
    private var storage: [SeriesColumns] = []
    /// One element, which tables share, or none. Apart from the columns, because these labels are added to each table
    /// whenever it is collected.
    private var common: [Labels] = []

    package init() {}

    package init(_ series: some Sequence<Series>) {
        for one in series { append(one) }
    }

    /// Sorts series by labels, of which none may be repeated; the table has no spare capacity.
    package init(sorting series: some Sequence<Series>) {
        let sorted = series.sorted { $0.labels < $1.labels }
        guard !sorted.isEmpty else { return }
        columns.reserveCapacity(for: sorted)
        for one in sorted { append(one) }
    }

    /// For changes, and for reading when there is a series. This copies five references: what is called for every
    /// row or event reads single columns from `storage`.
    private var columns: SeriesColumns {
        get { storage[0] }
        _modify {
            if storage.isEmpty { storage.append(SeriesColumns()) }
            yield &storage[0]
        }
    }

    /// Labels that all series have after their own, such as the configured ones of an appliance.
    package var commonLabels: Labels { common.first ?? .none }

    /// The same table with these labels, or with none.
    ///
    /// - Parameter common: One element or none; tables that get the same array share it.
    func with(common: [Labels]) -> SeriesTable {
        var table = self
        table.common = common
        return table
    }

    /// Whether the labels ascend, so that none is repeated.
    var isSorted: Bool { storage.isEmpty || storage[0].isSorted }

    /// Adds a series at the end, even if its labels are in the table already.
    package mutating func append(_ series: Series) { columns.append(series) }

    /// Inserts a series into a sorted table, at its place.
    ///
    /// - Precondition: Its labels, which have no common ones, are not in the table.
    mutating func insert(_ series: Series) { columns.insert(series) }

    /// The row with these labels as they are written, of a sorted table.
    func row(of rendered: [UInt8]) -> Int? {
        isEmpty ? nil : storage[0].labels.row(of: Labels(rendered: rendered[...]))
    }

    /// Whether the labels of a row of a sorted table start with these as they are written.
    func containsRow(startingWith rendered: [UInt8]) -> Bool {
        !isEmpty && storage[0].labels.containsRow(startingWith: rendered)
    }

    func value(_ row: Int) -> Series.Value {
        storage[0].areNumbers ? .number(storage[0].numbers[row]) : columns.value(row)
    }

    /// Replaces the value of a row.
    mutating func set(_ value: Series.Value, row: Int) { columns.set(value, row: row) }

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
        columns.append(first, names: names, values: values, number: number, created: created, exemplar: exemplar)
    }

    /// Sets the number of the only row.
    ///
    /// - Returns: False, without a change, if the table does not consist of one row with these labels.
    package mutating func replaceNumber(_ labels: Labels, by number: Double) -> Bool {
        guard count == 1, !storage[0].hasHistograms, storage[0].labels.rendered(0) == labels.rendered else {
            return false
        }
        // What did not change stays shared.
        if storage[0].numbers[0].bitPattern != number.bitPattern { columns.set(.number(number), row: 0) }
        return true
    }

    /// Sets the numbers of all rows of a sorted table by their labels.
    ///
    /// - Parameters:
    ///   - first: Labels that come first.
    ///   - names: The names of further labels.
    ///   - values: The numbers by the values of these labels, of which no two are rendered alike.
    /// - Returns: False, without a change, if the table has other labels.
    package mutating func replaceNumbers(
        _ first: Labels, names: ArraySlice<String>, values: [[String]: Double]
    ) -> Bool {
        guard values.count == count else { return false }
        guard !isEmpty else { return true }
        var numbers = Array(repeating: 0.0, count: count)
        var rendered: [UInt8] = []
        for (labels, value) in values {
            rendered.removeAll(keepingCapacity: true)
            rendered.append(labels: first, names, labels)
            guard let row = row(of: rendered) else { return false }
            numbers[row] = value
        }
        // What did not change stays shared.
        let column = NumberColumn(numbers)
        if !columns.hasNumbers(column) { columns.replaceNumbers(column) }
        return true
    }

    /// The series sorted by labels, each label set once; of equal ones the first is kept.
    ///
    /// The copy has no spare capacity, while a table that grew by appending takes up to twice the memory.
    package func sorted() -> SeriesTable {
        var table = self
        if !storage.isEmpty { table.storage = [columns.sorted()] }
        return table
    }

    /// About how many bytes the series take in a body, without the name of the family.
    package var approximateBytes: Int { isEmpty ? 0 : columns.approximateBytes(commonLabels: commonLabels.byteCount) }
}

extension SeriesTable: RandomAccessCollection {
    package var startIndex: Int { 0 }
    package var endIndex: Int { storage.isEmpty ? 0 : storage[0].numbers.count }

    package subscript(row: Int) -> Series {
        let series = columns[row]
        return common.isEmpty
            ? series : Series(series.labels.with(common: commonLabels), series.value, created: series.created)
    }
}

extension SeriesTable {
    /// Whether a series has a value that the type admits.
    func hasSamples(of kind: MetricType) -> Bool { indices.contains { kind.admits(value($0)) } }

    /// Writes rows as labels and a number until `bytes` has at least `size` bytes or no row is left; advances `row`.
    ///
    /// - Returns: False, without a line, if rows are written with more: with an exemplar, if `exemplars`, or a creation
    ///   time, if `created`.
    func writeNumbers(
        of kind: MetricType, with line: SampleLine, exemplars: Bool, created: Bool, from row: inout Int,
        to bytes: inout [UInt8], atLeast size: Int
    ) -> Bool {
        guard !isEmpty, !storage[0].hasHistograms, !(exemplars && storage[0].hasExemplars),
            !(created && !storage[0].created.isEmpty)
        else { return false }
        let (labels, numbers, common) = (storage[0].labels, storage[0].numbers, commonLabels.rendered)
        // Most lines of a scrape are written here, so no `Series` is made for them.
        while row < numbers.count, bytes.count < size {
            let number = kind == .info ? 1 : numbers[row]
            if kind != .counter || number >= 0 {
                line.write(labels.rendered(row), common: common, number, to: &bytes)
            }
            row += 1
        }
        return true
    }
}
