/// `key=value` pairs; a value is quoted when it holds a space, a quote, an equals sign or a control character.
enum Logfmt {
    static func line(_ fields: [(key: String, value: String)]) -> [UInt8] {
        var bytes: [UInt8] = []
        for (index, field) in fields.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: " ")) }
            bytes.append(contentsOf: field.key.utf8)
            bytes.append(UInt8(ascii: "="))
            if needsQuotes(field.value) {
                QuotedText.append(field.value, to: &bytes)
            } else {
                bytes.append(contentsOf: field.value.utf8)
            }
        }
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }

    private static func needsQuotes(_ value: String) -> Bool {
        value.isEmpty
            || value.unicodeScalars.contains { scalar in
                scalar.value <= 0x20 || scalar == "=" || scalar == "\"" || scalar == "\\" || QuotedText.isUnsafe(scalar)
            }
    }
}
