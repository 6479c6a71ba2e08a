/// A value of a YAML document, with the line where it begins.
struct YAMLNode {
    /// Counts from 1.
    let line: Int
    let content: Content

    enum Content {
        /// Plain means not quoted: only a plain scalar can be a number, a truth value or nothing.
        case scalar(String, isPlain: Bool)
        case sequence([YAMLNode])
        case mapping([Entry])
    }

    /// A key, where it stands, and its value.
    struct Entry {
        let key: String
        let line: Int
        let value: YAMLNode
    }

    /// Whether the value was left out.
    var isNothing: Bool {
        guard case .scalar(let text, isPlain: true) = content else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(text)
    }
}

/// Why a document was refused.
struct YAMLError: Error, Equatable {
    /// Counts from 1.
    let line: Int
    /// A path like `appliances[0].url`; nil where there is none.
    var key: String?
    let problem: String
}
