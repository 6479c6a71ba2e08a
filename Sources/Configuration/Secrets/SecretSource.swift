import Values

/// Where a token comes from.
package enum SecretSource: Sendable, Equatable {
    /// Written in the configuration; already checked.
    case inline(Secret)
    /// Read anew for every poll, so that a rotated token needs no restart.
    case file(String)

    /// The token as it is now, trimmed and checked; touches the disk if it lives in a file.
    package func read() throws(SecretReadError) -> Secret {
        switch self {
        case .inline(let secret): return secret
        case .file(let path):
            do {
                return try Token.checked(try FileContent(path: path, limit: Token.sizeLimit).bytes)
            } catch {
                throw SecretReadError(path: path, problem: error.description)
            }
        }
    }
}

/// A token file that gave no token.
package struct SecretReadError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file, as configured.
    package let path: String
    /// What is wrong, without anything the file holds.
    package let problem: String

    /// One line: the file, unless its name looks like a token, and what is wrong with it.
    package var description: String { "token file \(Redaction().shownWhole(path)): \(problem)" }
}
