/// Cuts a JSON array that arrives in pieces into its elements, holding no more than one of them.
///
/// It knows just enough JSON to find where an element ends: strings with their escapes, and how deep brackets
/// stand. Whether an element is well formed is for its decoder to say. There is no recursion, so no nesting can
/// exhaust the stack.
package struct ArraySplitter: ~Copyable {
    private enum Place { case start, afterOpen, container, scalar, afterElement, afterComma, end }

    private let elementLimit: Int
    private var place = Place.start
    private var byteOrderMarkSeen = 0
    private var depth = 0
    private var isInString = false
    private var isEscaped = false
    /// The begun element, as far as it came with earlier pieces.
    private var buffered: [UInt8] = []

    /// - Parameter elementLimit: The bytes that one element may have.
    package init(elementLimit: Int = 1 << 20) {
        self.elementLimit = elementLimit
    }

    /// The array has closed, with nothing but white space after it so far.
    package var isComplete: Bool { place == .end }

    /// Nothing has come yet but white space and a byte order mark.
    package var isEmpty: Bool { place == .start }

    /// Reads on; `body` gets each element that ends in this piece and says whether to go on.
    ///
    /// - Throws: `SplitFailure`; the splitter is of no use afterwards.
    package mutating func split(_ piece: RawSpan, _ body: (RawSpan) -> Bool) throws(ArraySplitterError) {
        var index = 0
        var start = 0
        while index < piece.byteCount {
            if place == .container || place == .scalar {
                guard let end = endOfElement(in: piece, from: index) else { break }
                try hand(over: piece.extracting(start..<end), body)
                place = .afterElement
                index = end
            } else {
                start = index
                // The first byte of an element is read again as part of it.
                if try step(byte(piece, index)) { index += 1 }
            }
        }
        guard place == .container || place == .scalar else { return }
        try hold(piece.extracting(min(start, piece.byteCount)..<piece.byteCount))
    }

    /// Takes a byte between elements; false when it begins one.
    private mutating func step(_ byte: UInt8) throws(ArraySplitterError) -> Bool {
        if byte == 0x20 || (0x09...0x0A).contains(byte) || byte == 0x0D {
            // A byte order mark that has begun goes on with its next byte.
            if place == .start {
                guard byteOrderMarkSeen % 3 == 0 else { throw .notAnArray }
                byteOrderMarkSeen = 3
            }
            return true
        }
        switch (place, byte) {
        case (.start, UInt8(ascii: "[")) where byteOrderMarkSeen % 3 == 0: place = .afterOpen
        case (.start, _):
            let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
            guard byteOrderMarkSeen < 3, byte == mark[byteOrderMarkSeen] else { throw .notAnArray }
            byteOrderMarkSeen += 1
        case (.afterOpen, UInt8(ascii: "]")), (.afterElement, UInt8(ascii: "]")): place = .end
        case (.afterElement, UInt8(ascii: ",")): place = .afterComma
        case (.afterOpen, UInt8(ascii: ",")), (.afterComma, UInt8(ascii: ",")), (.afterComma, UInt8(ascii: "]")):
            throw .missingElement
        case (.afterOpen, _), (.afterComma, _):
            begin(byte)
            return false
        case (.end, _): throw .trailingBytes
        default: throw .missingComma
        }
        return true
    }

    private mutating func begin(_ byte: UInt8) {
        let isEnclosed = byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") || byte == UInt8(ascii: "\"")
        place = isEnclosed ? .container : .scalar
        depth = 0
        isInString = false
        isEscaped = false
    }

    private mutating func endOfElement(in piece: RawSpan, from first: Int) -> Int? {
        place == .scalar ? endOfScalar(in: piece, from: first) : endOfContainer(in: piece, from: first)
    }

    private func endOfScalar(in piece: RawSpan, from first: Int) -> Int? {
        for index in first..<piece.byteCount {
            switch byte(piece, index) {
            case UInt8(ascii: ","), UInt8(ascii: "]"), 0x20, 0x09, 0x0A, 0x0D: return index
            default: continue
            }
        }
        return nil
    }

    /// The end of an object, an array or a string, that is the byte that brings the depth back to nothing.
    private mutating func endOfContainer(in piece: RawSpan, from first: Int) -> Int? {
        for index in first..<piece.byteCount {
            let byte = byte(piece, index)
            if isInString {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                    if depth == 0 { return index + 1 }
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isInString = true
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if depth == 0 { return index + 1 }
            default: continue
            }
        }
        return nil
    }

    private mutating func hand(over end: RawSpan, _ body: (RawSpan) -> Bool) throws(ArraySplitterError) {
        let isWanted: Bool
        if buffered.isEmpty {
            guard end.byteCount <= elementLimit else { throw .elementTooLarge(limit: elementLimit) }
            isWanted = body(end)
        } else {
            try hold(end)
            isWanted = unsafe body(buffered.span.bytes)
            buffered.removeAll(keepingCapacity: true)
        }
        if !isWanted { throw .unwanted }
    }

    private mutating func hold(_ part: RawSpan) throws(ArraySplitterError) {
        guard buffered.count + part.byteCount <= elementLimit else { throw .elementTooLarge(limit: elementLimit) }
        unsafe part.withUnsafeBytes { unsafe buffered.append(contentsOf: $0) }
    }

    private func byte(_ piece: RawSpan, _ index: Int) -> UInt8 {
        // Bounds are checked; any byte is a UInt8.
        unsafe piece.unsafeLoad(fromByteOffset: index, as: UInt8.self)
    }
}
