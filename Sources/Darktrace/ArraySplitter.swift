/// Splits a JSON array that arrives in pieces into its elements and buffers at most one of them.
///
/// It knows just enough JSON to find the end of an element: strings with their escapes, and the nesting depth of
/// brackets. Whether an element is well formed is left to its decoder. There is no recursion, so deep nesting cannot
/// exhaust the stack. An element above the limit is skipped without being buffered; the others are not affected.
package struct ArraySplitter: ~Copyable {
    private enum Position { case start, afterOpen, container, scalar, afterElement, afterComma, end }

    /// The largest element that is passed on, in bytes.
    package let elementLimit: Int
    private var position = Position.start
    private var byteOrderMarkSeen = 0
    private var depth = 0
    private var isInString = false
    private var isEscaped = false
    /// The current element, as far as it arrived with earlier pieces.
    private var buffered: [UInt8] = []
    /// The current element has exceeded the limit; the rest of it is skipped.
    private var isOversized = false

    /// - Parameter elementLimit: The largest element that is passed on, in bytes.
    package init(elementLimit: Int = 1 << 20) {
        self.elementLimit = elementLimit
    }

    /// The array has closed, and only white space has followed so far.
    package var isComplete: Bool { position == .end }

    /// Only white space and a byte order mark have arrived so far.
    package var isEmpty: Bool { position == .start }

    /// Splits the next piece. `onElement` gets each element that ends in it, `onOversized` is called for each that was
    /// skipped; both return whether to continue.
    ///
    /// - Throws: `ArraySplitterError`; the splitter must not be used afterwards.
    package mutating func split(
        _ piece: RawSpan, onOversized: () -> Bool = { true }, onElement: (RawSpan) -> Bool
    ) throws(ArraySplitterError) {
        var index = 0
        var start = 0
        while index < piece.byteCount {
            if position == .container || position == .scalar {
                guard let end = endOfElement(in: piece, from: index) else { break }
                try emit(piece.extracting(start..<end), onOversized, onElement)
                position = .afterElement
                index = end
            } else {
                start = index
                // The first byte of an element is scanned again as part of it.
                if try step(byte(piece, index)) { index += 1 }
            }
        }
        guard position == .container || position == .scalar else { return }
        buffer(piece.extracting(min(start, piece.byteCount)..<piece.byteCount))
    }

    /// Consumes a byte between elements; false when the byte starts an element.
    private mutating func step(_ byte: UInt8) throws(ArraySplitterError) -> Bool {
        if byte == 0x20 || (0x09...0x0A).contains(byte) || byte == 0x0D {
            // White space must not interrupt a byte order mark.
            if position == .start {
                guard byteOrderMarkSeen % 3 == 0 else { throw .notAnArray }
                byteOrderMarkSeen = 3
            }
            return true
        }
        switch (position, byte) {
        case (.start, UInt8(ascii: "[")) where byteOrderMarkSeen % 3 == 0: position = .afterOpen
        case (.start, _):
            let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
            guard byteOrderMarkSeen < 3, byte == mark[byteOrderMarkSeen] else { throw .notAnArray }
            byteOrderMarkSeen += 1
        case (.afterOpen, UInt8(ascii: "]")), (.afterElement, UInt8(ascii: "]")): position = .end
        case (.afterElement, UInt8(ascii: ",")): position = .afterComma
        case (.afterOpen, UInt8(ascii: ",")), (.afterComma, UInt8(ascii: ",")), (.afterComma, UInt8(ascii: "]")):
            throw .missingElement
        case (.afterOpen, _), (.afterComma, _):
            startElement(byte)
            return false
        case (.end, _): throw .trailingBytes
        default: throw .missingComma
        }
        return true
    }

    private mutating func startElement(_ byte: UInt8) {
        let isEnclosed = byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") || byte == UInt8(ascii: "\"")
        position = isEnclosed ? .container : .scalar
        depth = 0
        isInString = false
        isEscaped = false
        isOversized = false
    }

    private mutating func endOfElement(in piece: RawSpan, from first: Int) -> Int? {
        position == .scalar ? endOfScalar(in: piece, from: first) : endOfContainer(in: piece, from: first)
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

    /// The end of an object, an array or a string: the byte that brings the depth back to 0.
    private mutating func endOfContainer(in piece: RawSpan, from first: Int) -> Int? {
        var index = first
        while index < piece.byteCount {
            if isInString {
                guard let quote = closingQuote(in: piece, from: index) else { return nil }
                isInString = false
                index = quote + 1
                if depth == 0 { return index }
            } else {
                guard let mark = quoteOrBracket(in: piece, from: index) else { return nil }
                index = mark + 1
                switch byte(piece, mark) {
                case UInt8(ascii: "\""): isInString = true
                case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
                default:
                    depth -= 1
                    if depth == 0 { return index }
                }
            }
        }
        return nil
    }

    /// The quote that ends the string in which `first` is.
    private mutating func closingQuote(in piece: RawSpan, from first: Int) -> Int? {
        var index = first
        while index < piece.byteCount {
            if isEscaped {
                isEscaped = false
            } else {
                // Most of a response is read in this loop and in `quoteOrBracket`, so they do nothing else.
                var byte = byte(piece, index)
                while byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
                    index += 1
                    guard index < piece.byteCount else { return nil }
                    byte = self.byte(piece, index)
                }
                if byte == UInt8(ascii: "\"") { return index }
                isEscaped = true
            }
            index += 1
        }
        return nil
    }

    /// The next quote or bracket.
    private func quoteOrBracket(in piece: RawSpan, from first: Int) -> Int? {
        for index in first..<piece.byteCount {
            let byte = byte(piece, index)
            // The bit distinguishes `[` from `{`, and `]` from `}`.
            let brace = byte | 0x20
            if byte == UInt8(ascii: "\"") || brace == UInt8(ascii: "{") || brace == UInt8(ascii: "}") { return index }
        }
        return nil
    }

    /// Passes on an element, the last part of which is `end`.
    private mutating func emit(
        _ end: RawSpan, _ onOversized: () -> Bool, _ onElement: (RawSpan) -> Bool
    ) throws(ArraySplitterError) {
        let shouldContinue: Bool
        if buffered.isEmpty && !isOversized && end.byteCount <= elementLimit {
            shouldContinue = onElement(end)
        } else {
            buffer(end)
            shouldContinue = isOversized ? onOversized() : onElement(unsafe buffered.span.bytes)
            buffered.removeAll(keepingCapacity: true)
        }
        if !shouldContinue { throw .rejected }
    }

    private mutating func buffer(_ part: RawSpan) {
        guard !isOversized, buffered.count + part.byteCount <= elementLimit else {
            isOversized = true
            buffered = []
            return
        }
        unsafe part.withUnsafeBytes { unsafe buffered.append(contentsOf: $0) }
    }

    private func byte(_ piece: RawSpan, _ index: Int) -> UInt8 {
        // Bounds are checked, and every bit pattern is a UInt8.
        unsafe piece.unsafeLoad(fromByteOffset: index, as: UInt8.self)
    }
}

/// Why a body is not the requested array.
package enum ArraySplitterError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The first significant byte is not `[`.
    case notAnArray
    /// Two adjacent commas, or a comma next to a bracket.
    case missingElement
    /// Two elements without a comma in between.
    case missingComma
    /// Something follows the array.
    case trailingBytes
    /// The consumer of the elements rejected the rest.
    case rejected

    package var description: String {
        switch self {
        case .notAnArray: "it is not a JSON array"
        case .missingElement: "an element of the array is missing"
        case .missingComma: "two elements of the array have no comma between them"
        case .trailingBytes: "something follows the array"
        case .rejected: "it has more records than the limit"
        }
    }
}
