/// One element of an `Accept` or `Accept-Encoding` header: a value, its parameters up to `q`, and the weight.
struct WeightedClause {
    /// In lower case: `text/plain`, `gzip`, `*`.
    let value: String
    /// Names in lower case, values without quotes.
    let parameters: [(name: String, value: String)]
    /// From 0 to 1.
    let weight: Double

    subscript(_ name: String) -> String? {
        parameters.first { $0.name == name }?.value
    }

    /// All clauses of a header's field lines in their order; a clause with an unreadable weight is dropped.
    static func all(in lines: [String]) -> [WeightedClause] {
        lines.flatMap { split($0, at: UInt8(ascii: ",")) }.compactMap(WeightedClause.init)
    }

    private init?(_ text: Substring.UTF8View) {
        let parts = Self.split(text, at: UInt8(ascii: ";"))
        guard let first = parts.first else { return nil }
        value = Self.trimmed(first).lowercased()
        guard !value.isEmpty else { return nil }
        var parameters: [(name: String, value: String)] = []
        var weight = 1.0
        for part in parts.dropFirst() {
            let equals = part.firstIndex(of: UInt8(ascii: "=")) ?? part.endIndex
            let name = Self.trimmed(part[..<equals]).lowercased()
            let value = Self.unquoted(Self.trimmed(part[equals...].dropFirst()))
            if name == "q" {
                guard let number = Self.weight(value) else { return nil }
                weight = number
                break  // What follows the weight extends it and selects nothing.
            }
            parameters.append((name, value))
        }
        self.parameters = parameters
        self.weight = weight
    }

    /// Reads digits and at most one point: no sign, exponent, `nan` or hexadecimal form, which `Double` would take.
    private static func weight(_ text: String) -> Double? {
        guard text.utf8.allSatisfy({ (48...57).contains($0) || $0 == UInt8(ascii: ".") }), let number = Double(text)
        else { return nil }
        return number <= 1 ? number : nil
    }

    private static func split(_ line: String, at separator: UInt8) -> [Substring.UTF8View] {
        split(Substring(line).utf8, at: separator)
    }

    /// Splits outside quoted strings.
    private static func split(_ text: Substring.UTF8View, at separator: UInt8) -> [Substring.UTF8View] {
        var parts: [Substring.UTF8View] = []
        var start = text.startIndex
        var (isQuoted, isEscaped) = (false, false)
        for index in text.indices {
            let byte = text[index]
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\"") {
                isQuoted.toggle()
            } else if isQuoted {
                isEscaped = byte == UInt8(ascii: "\\")
            } else if byte == separator {
                parts.append(text[start..<index])
                start = text.index(after: index)
            }
        }
        parts.append(text[start...])
        return parts
    }

    private static func trimmed(_ text: Substring.UTF8View) -> String {
        func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        var text = text.drop(while: isSpace)
        while let last = text.last, isSpace(last) { text.removeLast() }
        return String(decoding: text, as: UTF8.self)
    }

    private static func unquoted(_ text: String) -> String {
        guard text.utf8.count >= 2, text.hasPrefix("\""), text.hasSuffix("\"") else { return text }
        var isEscaped = false
        return String(
            text.dropFirst().dropLast().filter { character in
                defer { isEscaped = character == "\\" && !isEscaped }
                return character != "\\" || isEscaped
            })
    }
}
