import Values

/// One mistake in the flags, the environment or a file; its description is one line for standard error.
package struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Where the mistake is.
    package let place: SourceLocation
    /// What is wrong there, and what to do.
    package let problem: String

    /// `darktrace-exporter.yml:12: appliances[0].url: must begin with https://`; contains no secret.
    package var description: String { "\(place): \(problem)" }
}

/// Where a setting is written.
package enum SourceLocation: Sendable, Equatable, CustomStringConvertible {
    /// On the command line.
    case arguments
    /// In this environment variable.
    case variable(String)
    /// In this file; the line counts from 1, the key is a path like `appliances[0].url`.
    case file(String, line: Int?, key: String?)

    package var description: String {
        switch self {
        case .arguments: "error"
        case .variable(let name): "\(SanitizedText(name, limit: 60))"
        case .file(let path, let line, let key):
            "\(SanitizedText(path, limit: 4_096))" + (line.map { ":\($0)" } ?? "") + (key.map { ": \($0)" } ?? "")
        }
    }

    /// The file; nil outside of files.
    var file: String? {
        guard case .file(let path, _, _) = self else { return nil }
        return path
    }

    /// Whether it is this key of a file, or in what the key has.
    func isIn(_ section: String) -> Bool {
        guard case .file(_, _, let key?) = self else { return false }
        return key == section || key.hasPrefix("\(section).")
    }

    /// The file and the line in it, 0 for the file as a whole; nil outside of files.
    fileprivate var position: (path: String, line: Int)? {
        guard case .file(let path, let line, _) = self else { return nil }
        return (path, line ?? 0)
    }
}

/// All mistakes that one reading of the configuration found; at least one.
package struct ConfigurationErrors: Error, Sendable, Equatable, CustomStringConvertible {
    /// In the order of the sources: flags, variables, then each file by its lines.
    package let errors: [ConfigurationError]

    /// One line for each mistake, without a line break at the end.
    package var description: String { errors.map(\.description).joined(separator: "\n") }
}

/// Something that works but is probably not intended; its description is one line for the log.
package struct Warning: Sendable, Equatable, CustomStringConvertible {
    /// Where the setting is written.
    package let place: SourceLocation
    /// What may go wrong because of it.
    package let text: String

    /// `darktrace-exporter.yml:4: appliances[0]: overlap (1m) is below three times …`; contains no secret.
    package var description: String { "\(place): \(text)" }

    static let openFile = "the file holds a secret and every user of this machine may read it; chmod it to 600"
}

/// Collects the mistakes and warnings of one reading, so that one run reports all of them.
struct Findings {
    /// More mistakes than this are counted, not listed.
    static let limit = 20

    private(set) var warnings: [Warning] = []
    private(set) var errors: [ConfigurationError] = []
    private var omitted = 0

    /// Whether further mistakes would only be counted, so that their texts need not be made.
    var isFull: Bool { errors.count >= Self.limit }
    /// Whether nothing is wrong so far.
    var isGood: Bool { errors.isEmpty }

    /// Adds one mistake.
    mutating func add(_ error: ConfigurationError) {
        if isFull { omitted += 1 } else { errors.append(error) }
    }

    /// Adds all mistakes of another reading.
    mutating func add(_ other: ConfigurationErrors) {
        for error in other.errors { add(error) }
    }

    /// Adds one warning.
    mutating func warn(_ place: SourceLocation, _ text: String) { warnings.append(Warning(place: place, text: text)) }

    /// The value, or nil after its mistake was added.
    mutating func collect<Value>(_ read: () throws(ConfigurationError) -> Value) -> Value? {
        do {
            return try read()
        } catch {
            add(error)
            return nil
        }
    }

    /// Throws what was added, if anything.
    func throwErrors() throws(ConfigurationErrors) {
        guard !isGood else { return }
        var sorted = Self.sorted(errors)
        if omitted > 0, let place = sorted.last?.place {
            let file = place.position.map { SourceLocation.file($0.path, line: nil, key: nil) } ?? place
            sorted.append(
                ConfigurationError(place: file, problem: "\(omitted) more mistakes are not listed; correct these first")
            )
        }
        throw ConfigurationErrors(errors: sorted)
    }

    /// Keeps the order of the sources, and sorts what is in one file by its lines.
    private static func sorted(_ errors: [ConfigurationError]) -> [ConfigurationError] {
        var files: [String: Int] = [:]
        for (index, error) in errors.enumerated() {
            if let path = error.place.position?.path, files[path] == nil { files[path] = index }
        }
        let keyed = errors.enumerated().map { index, error in
            let position = error.place.position
            return (file: position.flatMap { files[$0.path] } ?? index, line: position?.line ?? 0, index, error)
        }
        return keyed.sorted { ($0.file, $0.line, $0.2) < ($1.file, $1.line, $1.2) }.map(\.3)
    }
}
