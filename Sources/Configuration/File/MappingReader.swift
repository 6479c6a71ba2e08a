/// A mapping of the file, its keys already known to be allowed there.
struct MappingReader {
    let file: ConfigurationFile
    /// `appliances[0].tls_config`; empty for the root.
    let path: String
    let line: Int
    private let entries: [YAMLNode.Entry]

    /// The root of the file.
    init(_ file: ConfigurationFile) throws(ConfigurationError) {
        try self.init(
            ValueReader(file: file, path: "", line: file.root.line, node: file.root), known: file.vocabulary.root)
    }

    /// The mapping in this field; one with nothing in it is an empty mapping, as when all its keys are commented out.
    init(_ field: ValueReader, known: [String]) throws(ConfigurationError) {
        file = field.file
        path = field.path
        line = field.node.line
        guard !field.node.isNothing else {
            entries = []
            return
        }
        guard case .mapping(let entries) = field.node.content else {
            throw field.error("must be keys with values, like \(known[0]): …")
        }
        self.entries = entries
        for entry in entries where !known.contains(entry.key) {
            let key = YAMLDocument.path(path, entry.key, file.redaction)
            throw ConfigurationError(
                place: .file(file.path, line: entry.line, key: key),
                problem: file.vocabulary.advice(entry.key, known))
        }
    }

    /// The mapping in this field, whose keys are the user's own words.
    init(open field: ValueReader) throws(ConfigurationError) {
        file = field.file
        path = field.path
        line = field.node.line
        guard case .mapping(let entries) = field.node.content, !entries.isEmpty else {
            throw field.error(
                field.node.isNothing || field.isEmpty
                    ? "is empty; leave it out or fill it" : "must be keys with values")
        }
        self.entries = entries
    }

    /// Every key with its field, in the order of the file; what may not be shown of a key is not in the field's path.
    var fields: [(key: String, field: ValueReader)] {
        entries.map { entry in
            let path = YAMLDocument.path(path, entry.key, file.redaction)
            return (entry.key, ValueReader(file: file, path: path, line: entry.line, node: entry.value))
        }
    }

    /// The field of this key, if it is there.
    func field(_ key: String) -> ValueReader? {
        guard let entry = entries.first(where: { $0.key == key }) else { return nil }
        return ValueReader(
            file: file, path: path.isEmpty ? key : "\(path).\(key)", line: entry.line, node: entry.value)
    }

    /// Where the mapping stands.
    var place: SourceLocation { .file(file.path, line: line, key: path.isEmpty ? nil : path) }

    /// A mistake of the mapping as a whole.
    func error(_ problem: String) -> ConfigurationError { ConfigurationError(place: place, problem: problem) }
}
