import Values

/// One key of the file with its value; reads the value as what it has to be.
struct ValueReader {
    let file: ConfigurationFile
    /// `appliances[0].url`.
    let path: String
    /// Where the key stands.
    let line: Int
    let node: YAMLNode

    /// Where the key stands.
    var place: SourceLocation { .file(file.path, line: line, key: path.isEmpty ? nil : path) }

    /// A mistake in the value.
    func error(_ problem: String) -> ConfigurationError { ConfigurationError(place: place, problem: problem) }

    /// Whatever was written, quoted or not, as long as it is one text and not nothing.
    func text(_ wanted: String = "a text") throws(ConfigurationError) -> String {
        switch node.content {
        case .sequence: throw error("must be \(wanted), not a list")
        case .mapping: throw error("must be \(wanted), not keys with values")
        case .scalar(let text, _):
            guard !node.isNothing, !text.isEmpty else { throw error("has no value; write \(wanted) or leave it out") }
            return text
        }
    }

    /// A whole number, not quoted.
    func count(_ range: ClosedRange<Int>) throws(ConfigurationError) -> Int {
        let text = try plain("a whole number")
        // YAML reads 010 as eight, people as ten.
        guard let number = Int(text), text == String(number), range.contains(number) else {
            throw error(
                "\(file.redaction.shown(text)) is not a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// `true` or `false`, not quoted.
    func flag() throws(ConfigurationError) -> Bool {
        let text = try plain("true or false")
        guard let flag = Bool(text) else { throw error("\(file.redaction.shown(text)) must be true or false") }
        return flag
    }

    /// Seconds, or 0 for never.
    func interval(_ range: ClosedRange<Double>) throws(ConfigurationError) -> Double {
        let isNever = PrometheusDuration.milliseconds(try text("a duration")) == 0
        return isNever ? 0 : try duration(range)
    }

    /// Seconds.
    func duration(_ range: ClosedRange<Double>) throws(ConfigurationError) -> Double {
        let text = try text("a duration")
        let shown = file.redaction.shown(text)
        guard let milliseconds = PrometheusDuration.milliseconds(text) else {
            throw error("\(shown) is not a duration; write one like 90s, 15m or 1h30m")
        }
        let seconds = Double(milliseconds) / 1_000
        guard seconds >= range.lowerBound else {
            throw error("\(shown) is too short; the least is \(PrometheusDuration.text(seconds: range.lowerBound))")
        }
        guard seconds <= range.upperBound else {
            throw error("\(shown) is too long; the most is \(PrometheusDuration.text(seconds: range.upperBound))")
        }
        return seconds
    }

    /// One word of a closed set.
    func choice<Choice: RawRepresentable<String> & CaseIterable>() throws(ConfigurationError) -> Choice {
        let words = Choice.allCases.map(\.rawValue)
        let text = try text("one of \(words.joined(separator: ", "))")
        guard let choice = Choice(rawValue: text) else {
            throw error("\(file.redaction.shown(text)) is none of \(words.joined(separator: ", "))")
        }
        return choice
    }

    /// A value with rules of its own; it is never repeated in the message.
    func parsed<Value>(
        _ wanted: String, _ parse: (String) throws(ValidationError) -> Value
    ) throws(ConfigurationError) -> Value {
        let text = try text(wanted)
        do {
            return try parse(text)
        } catch {
            throw self.error(error.description)
        }
    }

    private func plain(_ wanted: String) throws(ConfigurationError) -> String {
        let text = try text(wanted)
        guard case .scalar(_, isPlain: true) = node.content else { throw error("must be \(wanted), without quotes") }
        return text
    }
}
