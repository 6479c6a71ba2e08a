/// How a line is written.
package enum LogFormat: String, Sendable, CaseIterable {
    /// `key=value` pairs.
    case logfmt
    /// One JSON object per line.
    case json
}

/// One line of the log: time, level, a constant message, then fields.
package struct LogLine: Sendable {
    /// Since 1970, UTC.
    package let milliseconds: Int64
    /// How important the line is.
    package let level: LogLevel
    /// A constant, searchable phrase.
    package let message: String
    /// Keys in snake case, in the order in which they are written.
    package let fields: [(key: String, value: String)]

    /// Creates a line; `milliseconds` are since 1970, UTC.
    package init(milliseconds: Int64, level: LogLevel, message: String, fields: [(key: String, value: String)]) {
        self.milliseconds = milliseconds
        self.level = level
        self.message = message
        self.fields = fields
    }

    /// The line with its newline; values cannot add another line.
    package func encoded(as format: LogFormat) -> [UInt8] {
        let all = [("time", UTC.text(milliseconds)), ("level", level.rawValue.uppercased()), ("msg", message)] + fields
        var bytes: [UInt8] = []
        switch format {
        case .logfmt: Self.appendLogfmt(all, to: &bytes)
        case .json: Self.appendJSON(all, to: &bytes)
        }
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }

    private static func appendLogfmt(_ fields: [(key: String, value: String)], to bytes: inout [UInt8]) {
        for (index, field) in fields.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: " ")) }
            bytes.append(contentsOf: field.key.utf8)
            bytes.append(UInt8(ascii: "="))
            if needsQuotes(field.value) {
                appendQuoted(field.value, to: &bytes)
            } else {
                bytes.append(contentsOf: field.value.utf8)
            }
        }
    }

    private static func appendJSON(_ fields: [(key: String, value: String)], to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "{"))
        for (index, field) in fields.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            appendQuoted(field.key, to: &bytes)
            bytes.append(UInt8(ascii: ":"))
            appendQuoted(field.value, to: &bytes)
        }
        bytes.append(UInt8(ascii: "}"))
    }

    private static func needsQuotes(_ value: String) -> Bool {
        value.isEmpty
            || value.unicodeScalars.contains { scalar in
                scalar.value <= 0x20 || scalar == "=" || scalar == "\"" || scalar == "\\" || scalar.isUnsafeToDisplay
            }
    }

    /// In double quotes with the escapes of JSON (RFC 8259, section 7), which logfmt readers understand as well.
    private static func appendQuoted(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": bytes.append(contentsOf: #"\""#.utf8)
            case "\\": bytes.append(contentsOf: #"\\"#.utf8)
            case "\n": bytes.append(contentsOf: #"\n"#.utf8)
            case "\r": bytes.append(contentsOf: #"\r"#.utf8)
            case "\t": bytes.append(contentsOf: #"\t"#.utf8)
            case _ where scalar.isUnsafeToDisplay:
                let digits = String(scalar.value, radix: 16)
                bytes.append(contentsOf: ("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).utf8)
            default: bytes.append(contentsOf: String(scalar).utf8)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}

extension Unicode.Scalar {
    /// Whether it is a control character or changes the direction of text: an appliance could forge with it what an
    /// operator sees on a terminal or a page.
    package var isUnsafeToDisplay: Bool {
        switch value {
        case 0..<0x20, 0x7F...0x9F, 0x061C, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: true
        default: false
        }
    }
}
