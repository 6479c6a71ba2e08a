/// The headers that may be set, and the values that they may have, as exporter-toolkit has it.
enum HeaderRule {
    /// Without values any line will do.
    private static let allowed: [String: [String]] = [
        "Content-Security-Policy": [], "Strict-Transport-Security": [], "X-Content-Type-Options": ["nosniff"],
        "X-Frame-Options": ["deny", "sameorigin"], "X-XSS-Protection": [],
    ]

    static func checked(_ name: String, _ field: ValueReader) throws(ConfigurationError) -> WebConfiguration.Header {
        guard let values = allowed[name] else {
            let shown = field.file.redaction.word(name) ?? "?"
            let known = allowed.keys.sorted().joined(separator: ", ")
            throw field.error("HTTP header \"\(shown)\" can not be configured; those that can are \(known)")
        }
        let value = try field.text("a text")
        guard value.unicodeScalars.allSatisfy({ (0x20...0x7E).contains($0.value) }) else {
            throw field.error("must be one line of ASCII")
        }
        guard values.isEmpty || values.contains(value) else {
            let list = values.map { "\"\($0)\"" }.joined(separator: " ")
            throw field.error(
                "invalid value for \(name). Expected one of: [\(list)], but got: \(field.file.redaction.shown(value))")
        }
        return WebConfiguration.Header(name: name, value: value)
    }
}
