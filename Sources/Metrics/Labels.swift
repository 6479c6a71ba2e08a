/// The label values of one series, escaped once when they are made and copied as they are ever after.
package struct Labels: Sendable, Hashable {
    /// `a="x",b="y"` with `\`, `"` and newline escaped as every exposition format wants it; empty without labels.
    package let rendered: [UInt8]

    /// Pairs the names of a descriptor with values; a missing value is empty, a surplus one is dropped.
    package init(_ names: [String], _ values: [String]) {
        var bytes: [UInt8] = []
        for (index, name) in names.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes.append(contentsOf: name.utf8)
            bytes.append(contentsOf: [UInt8(ascii: "="), UInt8(ascii: "\"")])
            for byte in (index < values.count ? values[index] : "").utf8 {
                switch byte {
                case UInt8(ascii: "\\"), UInt8(ascii: "\""): bytes.append(contentsOf: [UInt8(ascii: "\\"), byte])
                case UInt8(ascii: "\n"): bytes.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "n")])
                default: bytes.append(byte)
                }
            }
            bytes.append(UInt8(ascii: "\""))
        }
        rendered = bytes
    }

    /// The labels of a series without any.
    package static let none = Labels([], [])
}
