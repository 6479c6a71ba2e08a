/// A number for each row. Most tables have one row, whose number needs no memory of its own.
struct NumberColumn: Sendable {
    private var first = 0.0
    /// Those after the first.
    private var others: [Double] = []
    private(set) var isEmpty = true

    init() {}

    init(_ numbers: [Double]) {
        guard let first = numbers.first else { return }
        self.first = first
        others = Array(numbers.dropFirst())
        isEmpty = false
    }

    var count: Int { isEmpty ? 0 : others.count + 1 }

    subscript(row: Int) -> Double {
        get { row == 0 ? first : others[row - 1] }
        set { if row == 0 { first = newValue } else { others[row - 1] = newValue } }
    }

    mutating func append(_ number: Double) {
        if isEmpty { first = number } else { others.append(number) }
        isEmpty = false
    }

    /// Inserts a number before that of a row, or after the last one.
    mutating func insert(_ number: Double, at row: Int) {
        guard row == 0, !isEmpty else { return row == count ? append(number) : others.insert(number, at: row - 1) }
        others.insert(first, at: 0)
        first = number
    }

    mutating func reserveCapacity(_ rows: Int) {
        if rows > 1 { others.reserveCapacity(rows - 1) }
    }

    /// Equal bit for bit: a value that is not a number equals itself.
    func isSame(as other: NumberColumn) -> Bool {
        count == other.count && first.bitPattern == other.first.bitPattern && others.isSame(as: other.others)
    }
}

extension [Double] {
    /// Equal bit for bit.
    func isSame(as other: [Double]) -> Bool {
        count == other.count && zip(self, other).allSatisfy { $0.bitPattern == $1.bitPattern }
    }
}
