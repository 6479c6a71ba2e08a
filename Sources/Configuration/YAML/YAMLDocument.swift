import Values

/// A value of a YAML document, with the line where it starts.
struct YAMLNode: Sendable {
    /// Counts from 1.
    let line: Int
    let content: Content

    enum Content: Sendable {
        /// Plain means not quoted: only a plain scalar can be a number, a boolean or nothing.
        case scalar(String, isPlain: Bool)
        case sequence([YAMLNode])
        case mapping([Entry])
    }

    /// A key, the line where it is, and its value.
    struct Entry: Sendable {
        let key: String
        let line: Int
        let value: YAMLNode
    }

    /// Whether the value was left out.
    var isNothing: Bool {
        guard case .scalar(let text, isPlain: true) = content else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(text)
    }

    /// Whether it is a list or a mapping without entries.
    var isEmptyCollection: Bool {
        switch content {
        case .scalar: false
        case .sequence(let nodes): nodes.isEmpty
        case .mapping(let entries): entries.isEmpty
        }
    }
}

/// One reason why a document is refused.
struct YAMLError: Error, Equatable {
    /// Counts from 1.
    let line: Int
    /// A path like `appliances[0].url`; nil where there is none.
    var key: String?
    let problem: String
}

/// Reads one YAML document into a tree, strictly: aliases, anchors, tags, second documents and repeated keys are errors.
struct YAMLDocument: ~Copyable {
    /// Lists and mappings inside one another; the configuration needs five.
    private static let depthLimit = 16

    private let events: YAMLEvents
    private var depth = 0
    /// Mistakes after which the rest of the document can still be read.
    private var mistakes: [YAMLError] = []

    private init(_ bytes: [UInt8]) throws(YAMLError) { events = try YAMLEvents(bytes) }

    /// The tree and the mistakes. The tree is nil if the document is empty or cannot be read further than its last mistake.
    static func parse(_ bytes: [UInt8]) -> (root: YAMLNode?, mistakes: [YAMLError]) {
        do throws(YAMLError) {
            var document = try YAMLDocument(bytes)
            do throws(YAMLError) {
                let root = try document.root()
                return (root, document.mistakes)
            } catch {
                return (nil, document.mistakes + [error])
            }
        } catch {
            return (nil, [error])
        }
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
        if let unsupported = event.unsupported { mistakes.append(Self.unsupported(unsupported, event, path)) }
        let content: YAMLNode.Content
        switch event.kind {
        case .scalar(let text, let isPlain): content = .scalar(text, isPlain: isPlain)
        case .sequenceStart: content = .sequence(try sequence(after: event, path: path))
        case .mappingStart: content = .mapping(try mapping(after: event, path: path))
        case .alias: throw Self.unsupported("an alias (*name)", event, path)
        default: throw YAMLError(line: event.line, problem: "is not valid YAML")
        }
        return YAMLNode(line: event.line, content: content)
    }

    private mutating func sequence(after start: YAMLEvent, path: String) throws(YAMLError) -> [YAMLNode] {
        try descend(start)
        defer { depth -= 1 }
        var nodes: [YAMLNode] = []
        while true {
            let event = try events.next()
            if case .sequenceEnd = event.kind { return nodes }
            nodes.append(try node(from: event, path: "\(path)[\(nodes.count)]"))
        }
    }

    /// Of a repeated key the first value is kept.
    private mutating func mapping(after start: YAMLEvent, path: String) throws(YAMLError) -> [YAMLNode.Entry] {
        try descend(start)
        defer { depth -= 1 }
        var entries: [YAMLNode.Entry] = []
        var lines: [String: Int] = [:]
        while true {
            let event = try events.next()
            if case .mappingEnd = event.kind { return entries }
            if case .alias = event.kind { throw Self.unsupported("an alias (*name)", event, path) }
            if let unsupported = event.unsupported { mistakes.append(Self.unsupported(unsupported, event, path)) }
            guard case .scalar(let key, _) = event.kind else {
                throw YAMLError(line: event.line, key: Self.key(path), problem: "a key must be a plain word")
            }
            let inner = Self.path(path, key)
            let value = try node(from: try events.next(), path: inner)
            if let first = lines[key] {
                mistakes.append(
                    YAMLError(
                        line: event.line, key: inner, problem: "is written twice, first in line \(first); remove one"))
            } else {
                lines[key] = event.line
                entries.append(YAMLNode.Entry(key: key, line: event.line, value: value))
            }
        }
    }

    private mutating func descend(_ event: YAMLEvent) throws(YAMLError) {
        depth += 1
        guard depth <= Self.depthLimit else {
            throw YAMLError(line: event.line, problem: "nests deeper than \(Self.depthLimit) levels")
        }
    }

    private static func unsupported(_ what: String, _ event: YAMLEvent, _ path: String) -> YAMLError {
        YAMLError(line: event.line, key: key(path), problem: "\(what) is not supported here; write the value out")
    }

    private static func key(_ path: String) -> String? { path.isEmpty ? nil : path }

    /// The path of a key inside a mapping; a key that must not be shown is a question mark.
    static func path(_ path: String, _ key: String, _ redaction: Redaction = Redaction()) -> String {
        let shown = redaction.word(key) ?? "?"
        return path.isEmpty ? shown : "\(path).\(shown)"
    }
}
