import Values

/// A configuration file, read and parsed; its values are not checked yet.
struct ConfigurationFile: Sendable {
    /// In bytes; a thousand appliances need a third of it.
    static let sizeLimit = 1_048_576

    /// What the errors of its values need: path and known secrets.
    let source: ValueSource
    /// The root of the document: a mapping.
    let root: YAMLNode
    /// Whether every user of the machine may read it.
    let isReadableByOthers: Bool

    /// What distinguishes the two kinds of files.
    struct Kind: Sendable {
        /// The flag that names such a file.
        let flag: String
        /// What is wrong with an empty file; nil accepts it as an empty mapping.
        let emptyProblem: String?
        /// Keys of the top level, as an example.
        let exampleKeys: String
        /// Whether the document is a list instead of keys with values.
        var isList = false
        /// Whether the value of this key is a secret; the key may be misspelled.
        let isSecret: @Sendable (_ key: String) -> Bool

        /// What is wrong with a document of the other form.
        fileprivate var startProblem: String {
            isList
                ? "must be a list; begin each appliance with \(exampleKeys)"
                : "must begin with keys like \(exampleKeys)"
        }
    }

    /// Reads the file; `redaction` knows the secrets of the environment. Returns nil after adding why there is no tree.
    static func read(
        _ path: String, _ kind: Kind, redaction: Redaction, findings: inout Findings
    ) -> ConfigurationFile? {
        let content: FileContent
        do throws(ValidationError) {
            content = try FileContent(path: path, limit: sizeLimit)
        } catch {
            // A name that leads nowhere may be a token in the wrong place.
            findings.add(
                ConfigurationError(
                    place: .file(redaction.shownPath(path), line: nil, key: nil),
                    problem: "\(error.description); name another one with \(kind.flag)"))
            return nil
        }
        let (root, mistakes) = tree(content.bytes, kind)
        for mistake in mistakes {
            findings.add(
                ConfigurationError(
                    place: .file(path, line: mistake.line, key: mistake.key), problem: mistake.problem))
        }
        guard let root else { return nil }
        var known = redaction
        hideSecrets(of: root, kind, in: &known)
        return ConfigurationFile(
            source: ValueSource(file: path, redaction: known), root: root,
            isReadableByOthers: content.isReadableByOthers)
    }

    private static func tree(_ bytes: [UInt8], _ kind: Kind) -> (root: YAMLNode?, mistakes: [YAMLError]) {
        var bytes = bytes[...]
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
        func refused(_ problem: String, at index: Int) -> (YAMLNode?, [YAMLError]) {
            (nil, [YAMLError(line: bytes[..<index].count { $0 == 0x0A } + 1, problem: problem)])
        }
        if let zero = bytes.firstIndex(of: 0) { return refused("is a binary file, not YAML text", at: zero) }
        if let bad = firstInvalidUTF8(bytes) { return refused("is not UTF-8 text", at: bad) }
        let (root, mistakes) = YAMLDocument.parse(Array(bytes))
        if root?.isNothing ?? mistakes.isEmpty {
            guard let problem = kind.emptyProblem else {
                return (YAMLNode(line: 1, content: .mapping([])), mistakes)
            }
            return (nil, mistakes + [YAMLError(line: 1, problem: "is empty; \(problem)")])
        }
        guard let root else { return (nil, mistakes) }
        let isExpected =
            switch root.content {
            case .mapping: !kind.isList
            case .sequence: kind.isList
            case .scalar: false
            }
        guard isExpected else {
            return (
                nil, mistakes + [YAMLError(line: root.line, problem: kind.startProblem)]
            )
        }
        return (root, mistakes)
    }

    /// The index of the first byte that belongs to no valid character.
    private static func firstInvalidUTF8(_ bytes: ArraySlice<UInt8>) -> Int? {
        var iterator = bytes.makeIterator()
        var decoder = UTF8()
        var index = bytes.startIndex
        while true {
            switch decoder.decode(&iterator) {
            case .scalarValue(let scalar): index += UTF8.width(scalar)
            case .emptyInput: return nil
            case .error: return index
            }
        }
    }

    /// Walks the whole tree, so that a token under a misplaced or misspelled key is known as well.
    private static func hideSecrets(of node: YAMLNode, _ kind: Kind, in redaction: inout Redaction) {
        switch node.content {
        case .scalar(let text, _):
            redaction.hidePassword(ofURL: text)
        case .sequence(let nodes): for node in nodes { hideSecrets(of: node, kind, in: &redaction) }
        case .mapping(let entries):
            for entry in entries {
                if case .scalar(let text, _) = entry.value.content, kind.isSecret(entry.key) { redaction.hide(text) }
                hideSecrets(of: entry.value, kind, in: &redaction)
            }
        }
    }
}
