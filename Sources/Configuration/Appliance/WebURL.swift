package import Values

/// The address of a web page: scheme, host, port and path.
///
/// It only has characters that a URL may contain, but among them are some that HTML and YAML require to be escaped.
package struct WebURL: Sendable, Equatable, CustomStringConvertible {
    /// `http` or `https`.
    package let scheme: String
    /// Host and, if it is given, port; an IPv6 address is in brackets.
    package let authority: String
    /// The path, which begins with `/`; empty without one.
    package let path: String

    /// The URL without a `/` at its end.
    package var description: String { "\(scheme)://\(authority)\(path)" }

    /// In bytes; browsers and proxies take at least as much.
    private static let sizeLimit = 2_000

    /// Reads `https://host`, `http://host:port/path` or similar, without user, query and fragment.
    package init(parsing text: String) throws(ValidationError) {
        guard text.utf8.count <= Self.sizeLimit else {
            throw ValidationError("is longer than \(Self.sizeLimit) bytes")
        }
        let start = text.firstRange(of: "://")?.upperBound ?? text.endIndex
        let slash = text[start...].firstIndex(of: "/") ?? text.endIndex
        let path = text[slash...]
        guard !path.contains("?"), !path.contains("#") else { throw ValidationError("must end after its path") }
        guard !path.contains("@") else { throw ValidationError("must not contain an @") }
        let origin = try URLParts(parsing: String(text[..<slash]))
        guard origin.scheme == "https" || origin.scheme == "http" else {
            throw ValidationError("must begin with https:// or http://")
        }
        guard origin.userInfo == nil else { throw ValidationError("must not contain a user or password") }
        scheme = origin.scheme
        authority = origin.host.bracketed + (origin.port.map { ":\($0)" } ?? "")
        self.path = try URLPath.checked(path)
    }

    /// The page of an appliance whose API is at this address.
    package init(_ base: BaseURL) {
        let host = base.host.contains(":") ? "[\(base.host)]" : base.host
        let port = base.port == (base.isSecure ? 443 : 80) ? "" : ":\(base.port)"
        scheme = base.isSecure ? "https" : "http"
        authority = host + port
        path = ""
    }
}

/// The path of a URL.
enum URLPath {
    /// The path without `/` at its end, if all characters are allowed in one; empty for `/`.
    static func checked(_ text: some StringProtocol) throws(ValidationError) -> String {
        guard text.isEmpty || text.hasPrefix("/") else { throw ValidationError("must begin with /") }
        let isPlain = text.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
            default: "/-._~!$&'()*+,;=:%".utf8.contains(byte)
            }
        }
        guard isPlain else { throw ValidationError("has a character that a path must not contain; write it as %XX") }
        var path = text[...]
        while path.hasSuffix("/") { path = path.dropLast() }
        return String(path)
    }
}
