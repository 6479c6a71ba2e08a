/// Name, type, help text and label names of a metric family, declared once as a constant.
package struct Descriptor: Sendable {
    /// The name as users see it: with `_total` for a counter and `_info` for an info family.
    package var name: String { constants.name }
    package var kind: MetricType { constants.kind }
    /// One sentence with a capital first letter and a full stop.
    package var help: String { constants.help }
    package var labelNames: [String] { constants.labelNames }
    /// Shared by all copies: each family of each appliance has one.
    private let constants: Constants

    private final class Constants: Sendable {
        let name: String
        let kind: MetricType
        let help: String
        let labelNames: [String]

        init(_ name: String, _ kind: MetricType, _ help: String, _ labelNames: [String]) {
            self.name = name
            self.kind = kind
            self.help = help
            self.labelNames = labelNames
        }
    }

    /// Checks the name and the label names; for constants use `init(_:_:labels:help:)`.
    ///
    /// - Throws: `InvalidDescriptor`, with the rule that is broken.
    package init(validating name: String, _ kind: MetricType, labels: [String] = [], help: String)
        throws(InvalidDescriptor)
    {
        if let problem = Self.problem(name: name, kind: kind, labels: labels) {
            throw InvalidDescriptor(name: name, problem: problem)
        }
        constants = Constants(name, kind, help, labels)
    }

    /// Declares a constant.
    ///
    /// - Precondition: The names follow the rules; a broken rule stops the process at the first use.
    package init(_ name: StaticString, _ kind: MetricType, labels: [StaticString] = [], help: StaticString) {
        self.init(
            constant: name.description, kind, labels: labels.map(\.description), help: help.description)
    }

    /// Declares a constant of several families that differ only in the subject that they are about.
    ///
    /// - Parameters:
    ///   - prefix: How the name begins; an underscore and `suffix` follow.
    ///   - help: With `{}` in place of the subject.
    /// - Precondition: As for `init(_:_:labels:help:)`.
    package init(
        prefix: StaticString, _ suffix: StaticString, _ kind: MetricType, labels: [StaticString], help: StaticString,
        subject: StaticString
    ) {
        self.init(
            constant: "\(prefix)_\(suffix)", kind, labels: labels.map(\.description),
            help: help.description.replacing("{}", with: subject.description))
    }

    private init(constant name: String, _ kind: MetricType, labels: [String], help: String) {
        let problem = Self.problem(name: name, kind: kind, labels: labels)
        precondition(problem == nil, "\(name): \(problem ?? "")")
        constants = Constants(name, kind, help, labels)
    }

    private static func problem(name: String, kind: MetricType, labels: [String]) -> String? {
        guard isName(name, colonAllowed: true) else { return "the name must match [a-zA-Z_:][a-zA-Z0-9_:]*" }
        switch kind {
        case .counter where !name.hasSuffix("_total"): return "the name of a counter ends in _total"
        case .counter where name == "_total": return "the name of a counter is more than its suffix"
        case .info where !name.hasSuffix("_info"): return "the name of an info family ends in _info"
        case .info where name == "_info": return "the name of an info family is more than its suffix"
        case .histogram(let bounds):
            guard zip(bounds, bounds.dropFirst()).allSatisfy({ $0 < $1 }) else { return "bounds must ascend" }
            guard bounds.allSatisfy(\.isFinite) else { return "bounds must be finite; +Inf is implied" }
            if labels.contains("le") { return "the label le belongs to the buckets" }
        default: break
        }
        if let suffix = reservedSuffix(of: name, kind) { return "the suffix \(suffix) belongs to another type" }
        guard labels.allSatisfy({ isName($0, colonAllowed: false) && !$0.hasPrefix("__") }) else {
            return "a label name must match [a-zA-Z_][a-zA-Z0-9_]* and not begin with __"
        }
        guard Set(labels).count == labels.count else { return "a label name is repeated" }
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

extension Descriptor: Hashable {
    package static func == (one: Descriptor, other: Descriptor) -> Bool {
        one.constants === other.constants
            || one.name == other.name && one.kind == other.kind && one.help == other.help
                && one.labelNames == other.labelNames
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

/// A name or label that the exposition formats do not allow.
package struct InvalidDescriptor: Error, Equatable, CustomStringConvertible {
    package let name: String
    package let problem: String

    package var description: String { "metric \(name): \(problem)" }
}

/// The metric types of the exposition formats that this project uses.
package enum MetricType: Sendable, Hashable {
    /// Never decreases; its samples end in `_total`.
    case counter
    /// Goes up and down.
    case gauge
    /// Counts observations up to each bound, in ascending order, without the implied `+Inf`.
    case histogram(bounds: [Double])
    /// Constant facts as labels, with the value 1; the name ends in `_info`.
    case info
}

extension Descriptor {
    /// The name without the suffix of its samples: what OpenMetrics calls the family.
    package var familyName: String {
        switch kind {
        case .counter: String(name.dropLast("_total".count))
        case .info: String(name.dropLast("_info".count))
        case .gauge, .histogram: name
        }
    }

    /// The base unit that the family's name ends in, if any; info families have none.
    package var unit: String? {
        guard kind != .info else { return nil }
        let name = familyName
        return Self.units.first { name.utf8.count > $0.utf8.count + 1 && name.hasSuffix("_\($0)") }
    }

    /// Every name of samples or metadata of the family, in either format; no two families may share one.
    package var claimedNames: [String] {
        let suffixes: [String] =
            switch kind {
            case .counter: ["", "_total", "_created"]
            case .histogram: ["", "_bucket", "_sum", "_count", "_created"]
            case .info: ["", "_info"]
            case .gauge: [""]
            }
        return suffixes.map { familyName + $0 }
    }

    /// The base units of the Prometheus naming conventions.
    private static let units = [
        "seconds", "bytes", "ratio", "celsius", "meters", "volts", "amperes", "joules", "grams", "watts",
    ]
}

extension MetricType {
    /// Whether the values are numbers, not histograms.
    var hasNumbers: Bool {
        if case .histogram = self { false } else { true }
    }

    /// Whether a value may be written for a family of this type.
    ///
    /// A counter is never negative or NaN, and neither are the counts and the sum of a histogram. Encoders leave out a
    /// series that breaks this rule: Prometheus rejects the whole body for one such line.
    func admits(_ value: Series.Value) -> Bool {
        switch (self, value) {
        case (.counter, .number(let value, _)): value >= 0
        case (.gauge, .number), (.info, .number): true
        case (.histogram(let bounds), .histogram(let distribution)):
            distribution.counts.count == bounds.count + 1
                && distribution.counts.allSatisfy { $0 >= 0 && $0.isFinite }
                && (distribution.sum >= 0 || (bounds.first ?? 0) < 0)
        case (.histogram, .number), (_, .histogram): false
        }
    }
}
