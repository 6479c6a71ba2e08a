/// Reads one YAML document into a tree, strictly: no aliases, anchors, tags, second documents or repeated keys.
struct YAMLDocument: ~Copyable {
    /// Lists and mappings inside one another; the configuration needs four.
    static let depthLimit = 16

    private let events: YAMLEvents
    private var depth = 0

    private init(_ bytes: [UInt8]) throws(YAMLError) {
        events = try YAMLEvents(bytes)
    }

    /// The tree; nil if nothing but comments stands there.
    static func parse(_ bytes: [UInt8]) throws(YAMLError) -> YAMLNode? {
        var document = try YAMLDocument(bytes)
        return try document.root()
    }

    private mutating func root() throws(YAMLError) -> YAMLNode? {
        var root: YAMLNode?
        while true {
            let event = try events.next()
            switch event.kind {
            case .streamStart, .documentEnd: continue
            case .streamEnd: return root
            case .documentStart:
                guard root == nil else {
                    throw YAMLError(line: event.line, problem: "holds a second document; leave out the line ---")
                }
                root = try node(from: try events.next(), path: "")
            default: throw YAMLError(line: event.line, problem: "is not valid YAML")
            }
        }
    }

    private mutating func node(from event: YAMLEvent, path: String) throws(YAMLError) -> YAMLNode {
        let content: YAMLNode.Content
        switch event.kind {
        case .scalar(let text, let isPlain): content = .scalar(text, isPlain: isPlain)
        case .sequenceStart: content = .sequence(try sequence(after: event, path: path))
        case .mappingStart: content = .mapping(try mapping(after: event, path: path))
        case .refused(let what): throw refusal(of: what, event, path)
        default: throw YAMLError(line: event.line, problem: "is not valid YAML")
        }
        return YAMLNode(line: event.line, content: content)
    }

    private mutating func sequence(after start: YAMLEvent, path: String) throws(YAMLError) -> [YAMLNode] {
        try descend(start, path)
        defer { depth -= 1 }
        var nodes: [YAMLNode] = []
        while true {
            let event = try events.next()
            if case .sequenceEnd = event.kind { return nodes }
            nodes.append(try node(from: event, path: "\(path)[\(nodes.count)]"))
        }
    }

    private mutating func mapping(after start: YAMLEvent, path: String) throws(YAMLError) -> [YAMLNode.Entry] {
        try descend(start, path)
        defer { depth -= 1 }
        var entries: [YAMLNode.Entry] = []
        var lines: [String: Int] = [:]
        while true {
            let event = try events.next()
            if case .mappingEnd = event.kind { return entries }
            if case .refused(let what) = event.kind { throw refusal(of: what, event, path) }
            guard case .scalar(let key, _) = event.kind else {
                throw YAMLError(line: event.line, key: Self.key(path), problem: "a key must be a plain word")
            }
            let inner = Self.path(path, key)
            if let first = lines.updateValue(event.line, forKey: key) {
                throw YAMLError(
                    line: event.line, key: inner, problem: "is written twice, first in line \(first); remove one")
            }
            let value = try node(from: try events.next(), path: inner)
            entries.append(YAMLNode.Entry(key: key, line: event.line, value: value))
        }
    }

    private mutating func descend(_ event: YAMLEvent, _ path: String) throws(YAMLError) {
        depth += 1
        guard depth <= Self.depthLimit else {
            throw YAMLError(line: event.line, problem: "nests deeper than \(Self.depthLimit) levels")
        }
    }

    private func refusal(of what: String, _ event: YAMLEvent, _ path: String) -> YAMLError {
        YAMLError(
            line: event.line, key: Self.key(path), problem: "\(what) is not supported here; write the value out")
    }

    private static func key(_ path: String) -> String? { path.isEmpty ? nil : path }

    /// The key inside the path; one that may not be shown becomes a question mark.
    static func path(_ path: String, _ key: String, _ redaction: Redaction = Redaction()) -> String {
        let shown = redaction.word(key) ?? "?"
        return path.isEmpty ? shown : "\(path).\(shown)"
    }
}
