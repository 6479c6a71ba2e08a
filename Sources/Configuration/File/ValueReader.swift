import Values

/// What the values of one file, or of the environment, have in common.
struct ValueSource: Sendable {
    /// The file; nil for the environment.
    let file: String?
    /// Knows every secret of the source.
    let redaction: Redaction

    /// A path of the source: one in a file is relative to the directory of that file.
    func resolved(_ path: String) -> String {
        guard let file, !path.hasPrefix("/"), let slash = file.lastIndex(of: "/") else { return path }
        return file[...slash] + path
    }
}

/// One value with the place where it is written; reads it as what it has to be, or throws its mistake.
struct ValueReader {
    let source: ValueSource
    let node: YAMLNode
    /// Where the key is.
    let place: SourceLocation
    /// `appliances[0].url`; empty for the root of a file.
    private let path: String

    /// The root of a file.
    init(rootOf file: ConfigurationFile) {
        source = file.source
        node = file.root
        path = ""
        place = .file(file.source.file ?? "", line: file.root.line, key: nil)
    }

    /// The value of an environment variable.
    init(_ text: String, variable: String, _ source: ValueSource) {
        self.source = source
        node = YAMLNode(line: 0, content: .scalar(text, isPlain: true))
        path = ""
        place = .variable(variable)
    }

    private init(source: ValueSource, node: YAMLNode, path: String, line: Int) {
        self.source = source
        self.node = node
        self.path = path
        place = .file(source.file ?? "", line: line, key: path)
    }

    /// The value of a key in this mapping; a key that is not known to be valid may have to be hidden.
    func child(_ entry: YAMLNode.Entry, isKnown: Bool = false) -> ValueReader {
        let known = path.isEmpty ? entry.key : "\(path).\(entry.key)"
        return ValueReader(
            source: source, node: entry.value,
            path: isKnown ? known : YAMLDocument.path(path, entry.key, source.redaction), line: entry.line)
    }

    /// Where the content starts, which may be a line below its key.
    var placeOfContent: SourceLocation {
        guard case .file(let file, _, let key) = place else { return place }
        return .file(file, line: node.line, key: key)
    }

    /// A mistake in the value.
    func error(_ problem: String) -> ConfigurationError { ConfigurationError(place: place, problem: problem) }

    /// A text, quoted or not, that is not empty.
    func text(_ expected: String = "a text") throws(ConfigurationError) -> String {
        switch node.content {
        case .sequence: throw error("must be \(expected), not a list")
        case .mapping: throw error("must be \(expected), not keys with values")
        case .scalar(let text, _):
            guard !node.isNothing, !text.isEmpty else {
                throw error("has no value; write \(expected) or leave it out")
            }
            return text
        }
    }

    /// The entries of a list, at least one.
    func list(_ expected: String) throws(ConfigurationError) -> [ValueReader] {
        guard case .sequence(let nodes) = node.content else { throw error("must be a list of \(expected)") }
        guard !nodes.isEmpty else { throw error("is empty; leave it out or name \(expected)") }
        return elements
    }

    /// The entries, if it is a list.
    var elements: [ValueReader] {
        guard case .sequence(let nodes) = node.content else { return [] }
        return nodes.enumerated().map { index, node in
            ValueReader(source: source, node: node, path: "\(path)[\(index)]", line: node.line)
        }
    }

    /// A whole number, not quoted.
    func count(_ range: ClosedRange<Int>) throws(ConfigurationError) -> Int {
        let text = try plain("a whole number")
        // YAML reads 010 as eight, people as ten.
        guard let number = Int(text), text == String(number), range.contains(number) else {
            throw error("\(shown(text)) is not a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// `true` or `false`, not quoted.
    func boolean() throws(ConfigurationError) -> Bool {
        let text = try plain("true or false")
        guard let value = Bool(text) else { throw error("\(shown(text)) must be true or false") }
        return value
    }

    /// Seconds, or 0 for never.
    func interval(_ range: ClosedRange<Double>) throws(ConfigurationError) -> Double {
        let isNever = PrometheusDuration.milliseconds(try text("a duration")) == 0
        return isNever ? 0 : try duration(range)
    }

    /// Seconds.
    func duration(_ range: ClosedRange<Double>) throws(ConfigurationError) -> Double {
        let text = try text("a duration")
        guard let milliseconds = PrometheusDuration.milliseconds(text) else {
            throw error("\(shown(text)) is not a duration; write one like 90s, 15m or 1h30m")
        }
        let seconds = Double(milliseconds) / 1_000
        guard seconds >= range.lowerBound else {
            let least = PrometheusDuration.text(seconds: range.lowerBound)
            throw error("\(shown(text)) is too short; the minimum is \(least)")
        }
        guard seconds <= range.upperBound else {
            let most = PrometheusDuration.text(seconds: range.upperBound)
            throw error("\(shown(text)) is too long; the maximum is \(most)")
        }
        return seconds
    }

    /// One word of a closed set.
    func choice<Choice: RawRepresentable<String> & CaseIterable>() throws(ConfigurationError) -> Choice {
        let words = Choice.allCases.map(\.rawValue).joined(separator: ", ")
        let text = try text("one of \(words)")
        guard let choice = Choice(rawValue: text) else { throw error("\(shown(text)) is none of \(words)") }
        return choice
    }

    /// A path; one in a file is relative to the directory of that file.
    func filePath() throws(ConfigurationError) -> String {
        let text = try text("the name of a file")
        guard !text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else {
            throw error("must not contain control characters")
        }
        return source.resolved(text)
    }

    /// A value with rules of its own; the message never repeats it.
    func parsed<Value>(
        _ expected: String, _ parse: (String) throws(ValidationError) -> Value
    ) throws(ConfigurationError) -> Value {
        let text = try text(expected)
        do throws(ValidationError) {
            return try parse(text)
        } catch {
            throw self.error(error.description)
        }
    }

    /// The value in quotes, or its replacement if it must not be shown.
    func shown(_ text: String) -> String { source.redaction.shown(text) }

    private func plain(_ expected: String) throws(ConfigurationError) -> String {
        let text = try text(expected)
        guard case .scalar(_, isPlain: true) = node.content else {
            throw error("must be \(expected), without quotes")
        }
        return text
    }
}
