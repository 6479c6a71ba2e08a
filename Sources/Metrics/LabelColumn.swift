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

    /// Inserts labels before those of a row.
    mutating func insert(_ labels: Labels, row: Int) {
        var inserted: [UInt8] = []
        labels.write(to: &inserted)
        let start = row == 0 ? 0 : ends[row - 1]
        bytes.insert(contentsOf: inserted, at: Int(start))
        ends.insert(start, at: row)
        for later in row..<ends.count { ends[later] += UInt32(clamping: inserted.count) }
    }

    /// Renders labels in place: those that come first, then names with their values.
    mutating func append(_ first: Labels, _ names: ArraySlice<String>, _ values: [String]) {
        bytes.append(labels: first, names, values)
        ends.append(UInt32(clamping: bytes.count))
    }

    /// Renders one label with a number in place.
    mutating func append(_ name: String, _ number: Int64) {
        bytes.append(label: name, number)
        ends.append(UInt32(clamping: bytes.count))
    }

    /// The first row of sorted labels that these do not sort after, by binary search.
    func firstRow(notBefore wanted: Labels) -> Int {
        var (low, high) = (0, ends.count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < wanted { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The row of sorted labels that has these.
    func row(of wanted: Labels) -> Int? {
        let row = firstRow(notBefore: wanted)
        return row < ends.count && rendered(row) == wanted.rendered ? row : nil
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
