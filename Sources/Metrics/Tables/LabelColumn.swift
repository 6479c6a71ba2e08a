/// Label sets one after the other in one block of memory.
struct LabelColumn: Sendable {
    private var bytes: [UInt8] = []
    /// Where each ends; four gigabytes are more than the labels of any exposition.
    private var ends: [UInt32] = []

    var last: Labels? { ends.isEmpty ? nil : self[ends.count - 1] }

    mutating func append(_ labels: Labels) {
        bytes.append(contentsOf: labels.rendered)
        ends.append(UInt32(clamping: bytes.count))
    }

    /// Shares the block.
    subscript(row: Int) -> Labels {
        Labels(rendered: bytes[(row == 0 ? 0 : Int(ends[row - 1]))..<Int(ends[row])])
    }

    mutating func reserveCapacity(of other: LabelColumn) {
        bytes.reserveCapacity(other.bytes.count)
        ends.reserveCapacity(other.ends.count)
    }
}
