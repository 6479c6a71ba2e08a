/// One JSON object of texts per line, with the keys of the logfmt form.
enum JSONLine {
    static func line(_ fields: [(key: String, value: String)]) -> [UInt8] {
        var bytes: [UInt8] = [UInt8(ascii: "{")]
        for (index, field) in fields.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            QuotedText.append(field.key, to: &bytes)
            bytes.append(UInt8(ascii: ":"))
            QuotedText.append(field.value, to: &bytes)
        }
        bytes.append(contentsOf: [UInt8(ascii: "}"), UInt8(ascii: "\n")])
        return bytes
    }
}
