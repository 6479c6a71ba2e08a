import Values

/// A configuration file, read and parsed, before any of its values is looked at.
struct ConfigurationFile {
    /// In bytes; a thousand appliances need a third of it.
    static let sizeLimit = 1_048_576

    let path: String
    /// What may stand in it.
    let vocabulary: FileSchema
    /// The root of the document: a mapping.
    let root: YAMLNode
    /// Knows every secret that is written in the file.
    let redaction: Redaction
    /// Whether every user of the machine may read it.
    let isReadableByOthers: Bool

    /// Reads the file; `redaction` knows the secrets of the environment.
    init(path: String, vocabulary: FileSchema, redaction: Redaction) throws(ConfigurationError) {
        let content: FileContent
        do {
            content = try FileContent(path: path, limit: Self.sizeLimit)
        } catch {
            // A name that leads nowhere may be a token in the wrong place.
            throw ConfigurationError(
                place: .file(redaction.shownWhole(path), line: nil, key: nil),
                problem: "\(error.description); name another one with \(vocabulary.flag)")
        }
        self.path = path
        self.vocabulary = vocabulary
        isReadableByOthers = content.isReadableByOthers
        do {
            root = try Self.tree(content.bytes, vocabulary)
        } catch {
            throw ConfigurationError(
                place: .file(path, line: error.line, key: error.key), problem: error.problem)
        }
        var known = redaction
        Self.hideSecrets(of: root, vocabulary, in: &known)
        self.redaction = known
    }

    private static func tree(_ bytes: [UInt8], _ vocabulary: FileSchema) throws(YAMLError) -> YAMLNode {
        var bytes = bytes[...]
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
        if let zero = bytes.firstIndex(of: 0) {
            throw YAMLError(line: line(of: zero, in: bytes), problem: "is a binary file, not YAML text")
        }
        if let first = UTF8Check.firstBadByte(bytes) {
            throw YAMLError(line: line(of: first, in: bytes), problem: "is not UTF-8 text")
        }
        guard let root = try YAMLDocument.parse(Array(bytes)), !root.isNothing else {
            throw YAMLError(line: 1, problem: "is empty; \(vocabulary.least)")
        }
        guard case .mapping = root.content else {
            throw YAMLError(line: root.line, problem: "must begin with keys like \(vocabulary.likeKeys)")
        }
        return root
    }

    private static func line(of index: Int, in bytes: ArraySlice<UInt8>) -> Int {
        bytes[..<index].count { $0 == 0x0A } + 1
    }

    /// Walks the whole tree, so that a token in a misplaced or misspelt key is known as well.
    private static func hideSecrets(of node: YAMLNode, _ vocabulary: FileSchema, in redaction: inout Redaction) {
        switch node.content {
        case .scalar(let text, _):
            // Only the password: the user of a proxy is often the name of something else.
            if let password = URLParts.password(in: text) { redaction.hide(password) }
        case .sequence(let nodes): for node in nodes { hideSecrets(of: node, vocabulary, in: &redaction) }
        case .mapping(let entries):
            for entry in entries {
                if case .scalar(let text, _) = entry.value.content, vocabulary.isSecret(entry.key) {
                    redaction.hide(text)
                }
                hideSecrets(of: entry.value, vocabulary, in: &redaction)
            }
        }
    }
}
