/// Rendered label sets in one block of memory.
struct LabelColumn: Sendable, Equatable {
    private var bytes: [UInt8] = []
    /// Where each row but the first starts; most tables have one row. 4 GiB are more than the labels of any exposition.
    private var starts: [UInt32] = []
    private(set) var count = 0

    var byteCount: Int { bytes.count }

    var last: Labels? { count == 0 ? nil : self[count - 1] }

    mutating func append(_ labels: Labels) {
        beginRow()
        labels.write(to: &bytes)
    }

    /// Inserts labels before those of a row.
    mutating func insert(_ labels: Labels, row: Int) {
        guard row < count else { return append(labels) }
        var inserted: [UInt8] = []
        labels.write(to: &inserted)
        let start = start(row)
        bytes.insert(contentsOf: inserted, at: start)
        starts.insert(UInt32(clamping: start), at: max(row - 1, 0))
        for later in row..<starts.count { starts[later] += UInt32(clamping: inserted.count) }
        count += 1
    }

    /// Renders labels in place: those that come first, then names with their values.
    mutating func append(_ first: Labels, _ names: ArraySlice<String>, _ values: [String]) {
        beginRow()
        bytes.append(labels: first, names, values)
    }

    /// Renders one label with a number in place.
    mutating func append(_ name: String, _ number: Int64) {
        beginRow()
        bytes.append(label: name, number)
    }

    private mutating func beginRow() {
        if count > 0 { starts.append(UInt32(clamping: bytes.count)) }
        count += 1
    }

    private func start(_ row: Int) -> Int { row == 0 ? 0 : Int(starts[row - 1]) }

    /// The first row of sorted labels that these do not sort after, by binary search.
    func firstRow(notBefore wanted: Labels) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < wanted { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The row of sorted labels that has these.
    func row(of wanted: Labels) -> Int? {
        let row = firstRow(notBefore: wanted)
        return row < count && rendered(row) == wanted.rendered ? row : nil
    }

    /// Whether one of sorted labels starts with these bytes.
    func containsRow(startingWith labels: [UInt8]) -> Bool {
        let row = firstRow(notBefore: Labels(rendered: labels[...]))
        return row < count && rendered(row).starts(with: labels)
    }

    /// Whether the last labels sort after the ones before them.
    var endsInOrder: Bool { count < 2 || self[count - 2] < self[count - 1] }

    /// The labels of a row; they share the memory of the column.
    subscript(row: Int) -> Labels { Labels(rendered: rendered(row)) }

    /// The labels of a row as they are written.
    func rendered(_ row: Int) -> ArraySlice<UInt8> {
        bytes[start(row)..<(row == count - 1 ? bytes.count : start(row + 1))]
    }

    mutating func reserveCapacity(of other: LabelColumn) {
        reserveCapacity(bytes: other.bytes.count, rows: other.count)
    }

    mutating func reserveCapacity(bytes byteCount: Int, rows: Int) {
        bytes.reserveCapacity(byteCount)
        if rows > 1 { starts.reserveCapacity(rows - 1) }
    }
}
