/// The label values of one series, escaped once when they are made and copied as they are ever after.
package struct Labels: Sendable, Hashable {
    /// `a="x",b="y"` with `\`, `"` and newline escaped as every exposition format wants it; empty without labels.
    ///
    /// A slice, so that thousands of label sets can share one block of memory.
    package let rendered: ArraySlice<UInt8>
    /// Labels in the same form that many series have in addition, written after their own; empty without any.
    ///
    /// They are rendered once for all these series. Label sets are equal if both parts are.
    package private(set) var common: ArraySlice<UInt8> = []

    /// Pairs the names of a descriptor with values; a missing value is empty, a surplus one is dropped.
    package init(_ names: [String], _ values: [String]) {
        var bytes: [UInt8] = []
        // A name costs `=`, two quotes and a comma more; escapes are rare, and the array grows for them.
        bytes.reserveCapacity(
            names.reduce(0) { $0 + $1.utf8.count + 4 } + values.prefix(names.count).reduce(0) { $0 + $1.utf8.count })
        bytes.append(labels: names[...], values)
        rendered = bytes[...]
    }

    /// Labels that come first, and further ones.
    package init(_ first: Labels, _ names: ArraySlice<String>, _ values: [String]) {
        var bytes: [UInt8] = []
        bytes.append(labels: first, names, values)
        rendered = bytes[...]
    }

    /// One label whose value is a number.
    package init(_ name: String, _ number: Int64) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(name.utf8.count + 23)
        bytes.append(label: name, number)
        rendered = bytes[...]
    }

    /// Labels that were rendered before.
    init(rendered: ArraySlice<UInt8>) { self.rendered = rendered }

    /// The names and values as they were before they were escaped, in their order; for pages, not for scrapes.
    package var pairs: [(name: String, value: String)] {
        var pairs: [(name: String, value: String)] = []
        var rest = rendered[...]
        while let equals = rest.firstIndex(of: UInt8(ascii: "=")) {
            let name = rest[..<equals].drop { $0 == UInt8(ascii: ",") }
            var value: [UInt8] = []
            // Behind `="`; a value ends at the first quote that no backslash escapes.
            var index = equals + 2
            while index < rest.endIndex, rest[index] != UInt8(ascii: "\"") {
                let isEscape = rest[index] == UInt8(ascii: "\\") && index + 1 < rest.endIndex
                if isEscape { index += 1 }
                value.append(isEscape && rest[index] == UInt8(ascii: "n") ? UInt8(ascii: "\n") : rest[index])
                index += 1
            }
            pairs.append((String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self)))
            rest = rest[min(index + 1, rest.endIndex)...]
        }
        return pairs
    }

    /// The labels of a series without any.
    package static let none = Labels([], [])

    /// Whether there is no label.
    var isEmpty: Bool { rendered.isEmpty && common.isEmpty }

    /// The length of all labels as they are written, without a separator.
    var byteCount: Int { rendered.count + common.count }

    /// These labels with others that many series have in common, in place of former ones.
    package func with(common labels: Labels) -> Labels {
        var copy = self
        copy.common = labels.rendered
        return copy
    }

    /// Appends all labels as they are written between the braces.
    func write(to bytes: inout [UInt8]) {
        bytes.append(contentsOf: rendered)
        guard !common.isEmpty else { return }
        if !rendered.isEmpty { bytes.append(UInt8(ascii: ",")) }
        bytes.append(contentsOf: common)
    }
}

extension [UInt8] {
    /// Appends `a="x",b="y"`; a missing value is empty, a surplus one is dropped.
    mutating func append(labels names: ArraySlice<String>, _ values: [String]) {
        for (index, name) in names.enumerated() {
            if index > 0 { append(UInt8(ascii: ",")) }
            append(contentsOf: name.utf8)
            append(UInt8(ascii: "="))
            append(UInt8(ascii: "\""))
            if index < values.count { append(escaping: values[index], quotes: true) }
            append(UInt8(ascii: "\""))
        }
    }

    /// Appends labels that come first, then names with their values.
    mutating func append(labels first: Labels, _ names: ArraySlice<String>, _ values: [String]) {
        first.write(to: &self)
        if !first.isEmpty, !names.isEmpty { append(UInt8(ascii: ",")) }
        append(labels: names, values)
    }

    /// Appends `a="1"`.
    mutating func append(label name: String, _ number: Int64) {
        append(contentsOf: name.utf8)
        append(UInt8(ascii: "="))
        append(UInt8(ascii: "\""))
        append(integer: Int(number))
        append(UInt8(ascii: "\""))
    }
}

extension Labels: Comparable {
    /// Orders by the own labels as they are written: any stable order serves the formats, and this one needs no parsing.
    package static func < (left: Labels, right: Labels) -> Bool {
        let (one, other) = unsafe (left.rendered.span.bytes, right.rendered.span.bytes)
        let shared = min(one.byteCount, other.byteCount)
        var offset = 0
        // The labels of a family begin alike for long, so eight bytes at a time; the loads stay below both counts.
        while offset + 8 <= shared {
            let eight = unsafe one.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
            let otherEight = unsafe other.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
            if eight != otherEight { return eight.bigEndian < otherEight.bigEndian }
            offset += 8
        }
        while offset < shared {
            let byte = unsafe one.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
            let otherByte = unsafe other.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
            if byte != otherByte { return byte < otherByte }
            offset += 1
        }
        return one.byteCount < other.byteCount
    }
}
