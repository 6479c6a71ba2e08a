/// A value of a JSON object that is neither a list nor an object, in the type that it is written in.
enum JSONScalar {
    case number(Double)
    case text(String)
    case bool(Bool)

    /// Nil for null, a list and an object.
    init?(_ value: JSONValue) {
        if let number = value.numberText.flatMap({ Double($0) }), number.isFinite {
            self = .number(number)
        } else if let text = value.text ?? value.numberText {
            self = .text(text)
        } else if let bool = value.bool {
            self = .bool(bool)
        } else {
            return nil
        }
    }

    /// A finite number, also one that is written as text.
    var number: Double? {
        switch self {
        case .number(let number): number.isFinite ? number : nil
        case .text(let text): Double(text).flatMap { $0.isFinite ? $0 : nil }
        case .bool: nil
        }
    }

    /// A text, or a number as one.
    var text: String? {
        switch self {
        case .number(let number): Int64(exactly: number).map { String($0) } ?? "\(number)"
        case .text(let text): text
        case .bool: nil
        }
    }

    /// A truth value, also one that is written as a number or a word.
    var bool: Bool? {
        switch self {
        case .number(let number): number != 0
        case .bool(let bool): bool
        case .text(let text):
            switch text.lowercased() {
            case "true", "yes", "on", "enabled", "1": true
            case "false", "no", "off", "disabled", "0": false
            default: nil
            }
        }
    }
}

/// Fields of a response that are present but could not be read.
package struct UnreadableFields: Sendable, Equatable {
    /// How many there were.
    package private(set) var count = 0
    /// By key, the path of the first one, such as `probes.12.cpu`; at most 64 keys, truncated to 200 bytes.
    package private(set) var firstPaths: [String: String] = [:]

    /// None yet.
    package init() {}

    mutating func add(_ key: String, path: String) {
        count += 1
        remember(key, path)
    }

    /// Adds those of another object.
    package mutating func add(_ other: UnreadableFields) {
        count += other.count
        for (key, path) in other.firstPaths { remember(key, path) }
    }

    private mutating func remember(_ key: String, _ path: String) {
        let key = key.truncated(toBytes: 200)
        guard firstPaths.count < 64, firstPaths[key] == nil else { return }
        firstPaths[key] = path.truncated(toBytes: 200)
    }
}

extension String {
    /// Without this ending, if it has it.
    func trimmingSuffix(_ suffix: String) -> String { hasSuffix(suffix) ? String(dropLast(suffix.count)) : self }
}
