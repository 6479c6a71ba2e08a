/// A value on its way into a statement, in the binary format of PostgreSQL.
///
/// Binary values depend on no setting of a server, role or pooler, and a floating-point number keeps all of its bits.
enum PostgresValue {
    case integer(Int64)
    case real(Double)
    case text(String)
    case bytes(String)
    case truth(Bool)
    case null
    case integers([Int64?])
    case reals([Double?])
    case texts([String])
    /// Texts as `bytea`, which takes every character, 0 included.
    case byteStrings([String])
    case truths([Bool])

    /// The number of its type in the catalogue of every server; 0 lets the server infer it.
    var type: UInt32 {
        switch self {
        case .truth: 16
        case .bytes: 17
        case .integer: 20
        case .text: 25
        case .real: 701
        case .null: 0
        case .truths: 1_000
        case .byteStrings: 1_001
        case .texts: 1_009
        case .integers: 1_016
        case .reals: 1_022
        }
    }

    /// The bytes of the value, or nil for null.
    var encoded: [UInt8]? {
        switch self {
        case .integer(let integer): bigEndian(integer)
        case .real(let real): bigEndian(real.bitPattern)
        case .text(let text), .bytes(let text): Array(text.utf8)
        case .truth(let isTrue): [isTrue ? 1 : 0]
        case .null: nil
        case .integers(let integers): array(of: 20, integers.map { $0.map(bigEndian) })
        case .reals(let reals): array(of: 701, reals.map { $0.map { bigEndian($0.bitPattern) } })
        case .texts(let texts): array(of: 25, texts.map { Array($0.utf8) })
        case .byteStrings(let texts): array(of: 17, texts.map { Array($0.utf8) })
        case .truths(let truths): array(of: 16, truths.map { [$0 ? 1 : 0] })
        }
    }
}

/// One dimension that starts at 1, then each element as its length and its bytes; null has the length -1.
private func array(of type: UInt32, _ elements: [[UInt8]?]) -> [UInt8] {
    let hasNull: Int32 = elements.contains { $0 == nil } ? 1 : 0
    var bytes = bigEndian(elements.isEmpty ? 0 : Int32(1)) + bigEndian(hasNull) + bigEndian(type)
    guard !elements.isEmpty else { return bytes }
    bytes += bigEndian(Int32(elements.count)) + bigEndian(Int32(1))
    for element in elements {
        bytes += bigEndian(element.map { Int32($0.count) } ?? -1)
        bytes += element ?? []
    }
    return bytes
}

private func bigEndian<Integer: FixedWidthInteger>(_ integer: Integer) -> [UInt8] {
    stride(from: Integer.bitWidth - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: integer >> Integer($0)) }
}
