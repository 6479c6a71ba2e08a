/// Why the program cannot start as asked; its description is one line for standard error.
package struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Where the mistake stands.
    package let place: SourceLocation
    /// What is wrong there, and what to do.
    package let problem: String

    /// `darktrace-exporter.yml:12: appliances[0].url: must begin with https://`; holds no secret.
    package var description: String { "\(place): \(problem)" }
}

/// Where a setting stands.
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
        case .variable(let name): name
        case .file(let path, let line, let key):
            Redaction.oneLine(path, limit: 4_096) + (line.map { ":\($0)" } ?? "") + (key.map { ": \($0)" } ?? "")
        }
    }
}
