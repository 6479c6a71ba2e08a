import Values

/// A URL cut into what this program allows in one: scheme, user, host and port, and nothing after them.
struct URLParts {
    let scheme: String
    /// What stands before `@`: user and password, as written.
    let userInfo: Substring?
    let host: URLHost
    let port: Int?

    init(parsing text: String) throws(ValidationError) {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\\") }) else {
            throw ValidationError("must not hold spaces, control characters or backslashes")
        }
        guard let colon = text.firstIndex(of: ":"), text[colon...].hasPrefix("://") else {
            throw ValidationError("is not a URL; write one like https://10.0.0.5")
        }
        scheme = text[..<colon].lowercased()
        var rest = text[colon...].dropFirst(3)
        if let end = rest.firstIndex(where: { "/?#".contains($0) }) {
            guard rest[end...] == "/" else {
                throw ValidationError("must end after host and port; leave out path, query and fragment")
            }
            rest = rest[..<end]
        }
        if let at = rest.lastIndex(of: "@") {
            userInfo = rest[..<at]
            rest = rest[at...].dropFirst()
        } else {
            userInfo = nil
        }
        let (hostText, isBracketed, portText) = try Self.split(rest)
        host = try URLHost(parsing: hostText, isBracketed: isBracketed)
        port = try portText.map(Self.number)
    }

    /// What may be a password, in a text that need not be a URL: all between the first colon after the scheme and the last
    /// `@`, or without such a colon all between scheme and `@`.
    static func password(in text: String) -> Substring? {
        guard let at = text.lastIndex(of: "@") else { return nil }
        let before = text[..<at]
        let scheme = before.firstRange(of: "://")
        let start = scheme?.upperBound ?? before.startIndex
        if let colon = before[start...].firstIndex(of: ":") { return before[colon...].dropFirst() }
        return scheme == nil ? nil : before[start...]
    }

    private static func split(_ text: Substring) throws(ValidationError) -> (Substring, Bool, Substring?) {
        if text.hasPrefix("[") {
            guard let close = text.firstIndex(of: "]") else { throw ValidationError("has a [ without its ]") }
            let host = text[..<close].dropFirst()
            let rest = text[close...].dropFirst()
            guard !rest.isEmpty else { return (host, true, nil) }
            guard rest.hasPrefix(":") else { throw ValidationError("has something other than a port after its ]") }
            return (host, true, rest.dropFirst())
        }
        guard let colon = text.firstIndex(of: ":") else { return (text, false, nil) }
        let port = text[colon...].dropFirst()
        guard !port.contains(":") else {
            throw ValidationError("has more than one colon after the host; an IPv6 address needs brackets")
        }
        return (text[..<colon], false, port)
    }

    private static func number(_ text: Substring) throws(ValidationError) -> Int {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = Int(text), (1...65_535).contains(port)
        else { throw ValidationError("has a bad port; write one from 1 to 65535") }
        return port
    }
}
