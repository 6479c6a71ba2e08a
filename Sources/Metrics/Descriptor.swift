/// The name, kind, meaning and label names of a family, declared once as a constant.
///
/// Values cannot disagree with it, because whatever makes samples takes its label names from here.
package struct Descriptor: Sendable, Hashable {
    /// The name as users see it: with `_total` for a counter and `_info` for an info family.
    package let name: String
    package let kind: MetricType
    /// One sentence with a capital first letter and a full stop.
    package let help: String
    package let labelNames: [String]

    /// Checks the name and the label names; for constants use `init(_:_:labels:help:)`.
    ///
    /// - Throws: `InvalidDescriptor`, with the rule that is broken.
    package init(validating name: String, _ kind: MetricType, labels: [String] = [], help: String)
        throws(InvalidDescriptor)
    {
        if let problem = Self.problem(name: name, kind: kind, labels: labels) {
            throw InvalidDescriptor(name: name, problem: problem)
        }
        self.name = name
        self.kind = kind
        self.help = help
        self.labelNames = labels
    }

    /// Declares a constant; a broken rule is a programmer's mistake and stops the process on its first use.
    package init(_ name: StaticString, _ kind: MetricType, labels: [StaticString] = [], help: StaticString) {
        let labels = labels.map(\.description)
        let problem = Self.problem(name: name.description, kind: kind, labels: labels)
        precondition(problem == nil, "\(name): \(problem ?? "")")
        self.name = name.description
        self.kind = kind
        self.help = help.description
        self.labelNames = labels
    }

    private static func problem(name: String, kind: MetricType, labels: [String]) -> String? {
        guard isName(name, colonAllowed: true) else { return "the name must match [a-zA-Z_:][a-zA-Z0-9_:]*" }
        switch kind {
        case .counter where !name.hasSuffix("_total"): return "the name of a counter ends in _total"
        case .counter where name == "_total": return "the name of a counter is more than its suffix"
        case .info where !name.hasSuffix("_info"): return "the name of an info family ends in _info"
        case .info where name == "_info": return "the name of an info family is more than its suffix"
        case .stateSet where labels.last != name: return "the last label of a state set is its own name"
        case .histogram(let bounds):
            guard zip(bounds, bounds.dropFirst()).allSatisfy({ $0 < $1 }) else { return "bounds must ascend" }
            guard bounds.allSatisfy(\.isFinite) else { return "bounds must be finite; +Inf is implied" }
            if labels.contains("le") { return "the label le belongs to the buckets" }
        default: break
        }
        if let suffix = reservedSuffix(of: name, kind) { return "the suffix \(suffix) belongs to another kind" }
        guard labels.allSatisfy({ isName($0, colonAllowed: false) && !$0.hasPrefix("__") }) else {
            return "a label name must match [a-zA-Z_][a-zA-Z0-9_]* and not begin with __"
        }
        guard Set(labels).count == labels.count else { return "a label name stands twice" }
        return nil
    }

    /// A suffix that would make the name look like a sample of a counter, info or histogram family.
    private static func reservedSuffix(of name: String, _ kind: MetricType) -> String? {
        let own: String? = kind == .counter ? "_total" : kind == .info ? "_info" : nil
        let base = own.map { String(name.dropLast($0.count)) } ?? name
        return ["_total", "_info", "_bucket", "_sum", "_count", "_created"].first { base.hasSuffix($0) }
    }

    private static func isName(_ text: String, colonAllowed: Bool) -> Bool {
        guard let first = text.utf8.first, !(48...57).contains(first) else { return false }
        return text.utf8.allSatisfy { byte in
            (97...122).contains(byte) || (65...90).contains(byte) || (48...57).contains(byte) || byte == 95
                || (colonAllowed && byte == 58)
        }
    }
}

/// A name or label that the exposition formats do not allow.
package struct InvalidDescriptor: Error, Equatable, CustomStringConvertible {
    package let name: String
    package let problem: String

    package var description: String { "metric \(name): \(problem)" }
}
