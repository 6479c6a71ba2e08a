package import Values

/// Scheme, host and port of an appliance, without a path.
package struct BaseURL: Sendable, Equatable {
    /// True for https; http is accepted for a loopback address only.
    package let isSecure: Bool
    /// In lower case; an IPv6 address has no brackets.
    package let host: String
    /// 1 to 65535.
    package let port: Int

    /// The parts as given, without any check.
    package init(isSecure: Bool, host: String, port: Int) {
        self.isSecure = isSecure
        self.host = host
        self.port = port
    }

    /// Reads `https://host`, `https://host:port` or `https://[v6]:port`; a `/` at the end is accepted.
    package init(parsing text: String) throws(ValidationError) {
        let parts = try URLParts(parsing: text)
        guard parts.scheme == "https" || parts.scheme == "http" else {
            throw ValidationError("must begin with https://")
        }
        guard parts.userInfo == nil else {
            throw ValidationError("must not contain a user or password; the tokens have their own keys")
        }
        isSecure = parts.scheme == "https"
        host = parts.host.text
        port = parts.port ?? (isSecure ? 443 : 80)
        guard isSecure || parts.host.isLoopback else {
            throw ValidationError("is http, which is only for a loopback address; write https://")
        }
    }
}

/// The address of a proxy, in the form that libcurl's `CURLOPT_PROXY` accepts.
enum ProxyURL {
    private static let ports = ["http": 80, "https": 443, "socks5": 1080, "socks5h": 1080]

    /// Checks the URL and adds its port, since libcurl would take 1080 where other programs take 80.
    static func normalized(_ text: String) throws(ValidationError) -> Secret {
        let parts = try URLParts(parsing: text)
        guard let usual = ports[parts.scheme] else {
            throw ValidationError("must begin with http://, https://, socks5:// or socks5h://")
        }
        if let userInfo = parts.userInfo { try check(userInfo, isSOCKS: parts.scheme.hasPrefix("socks")) }
        let user = parts.userInfo.map { "\($0)@" } ?? ""
        return Secret("\(parts.scheme)://\(user)\(parts.host.bracketed):\(parts.port ?? usual)")
    }

    /// Refuses a user or password that libcurl cannot decode or the protocol cannot carry.
    private static func check(_ userInfo: Substring, isSOCKS: Bool) throws(ValidationError) {
        let parts = userInfo.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        for (what, part) in zip(["user", "password"], parts) {
            guard let decoded = part.percentDecoded else {
                throw ValidationError("has a % in its \(what) that is not followed by two hex digits; write % as %25")
            }
            guard decoded.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
                throw ValidationError("has a control character in its \(what)")
            }
            guard !isSOCKS || decoded.count <= 255 else {
                throw ValidationError("has a \(what) of more than 255 bytes, which SOCKS5 cannot carry")
            }
            guard what == "password" || isSOCKS || !decoded.contains(UInt8(ascii: ":")) else {
                throw ValidationError("has a colon in its user, which basic authentication cannot carry")
            }
        }
    }
}

/// The parts that a URL may have here: scheme, user, host and port, and nothing after them.
struct URLParts {
    let scheme: String
    /// What is before `@`: user and password, as written.
    let userInfo: Substring?
    let host: URLHost
    let port: Int?

    init(parsing text: String) throws(ValidationError) {
        guard !text.isQuoted else { throw ValidationError("is in quotes, which are part of the value; remove them") }
        guard !text.contains("${") else {
            throw ValidationError("contains ${: variables are not expanded here; write the value itself")
        }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\\") }) else {
            throw ValidationError("must not contain spaces, control characters or backslashes")
        }
        guard let colon = text.firstIndex(of: ":"), text[colon...].hasPrefix("://") else {
            throw ValidationError("is not a URL; write one like https://10.0.0.5")
        }
        scheme = text[..<colon].lowercased()
        var rest = text[colon...].dropFirst(3)
        if let end = rest.firstIndex(where: { "/?#".contains($0) }) {
            guard !rest[end...].contains("@") else {
                throw ValidationError("has a / ? or # before its @; in a user or password write %2F, %3F or %23")
            }
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
