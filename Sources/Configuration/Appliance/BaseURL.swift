package import Values

/// Scheme, host and port of an appliance, without a path.
package struct BaseURL: Sendable, Equatable {
    /// True for https; http is only read for a loopback address.
    package let isSecure: Bool
    /// In lower case; an IPv6 address stands without its brackets.
    package let host: String
    /// 1 to 65535.
    package let port: Int

    /// The parts as given, unchecked.
    package init(isSecure: Bool, host: String, port: Int) {
        self.isSecure = isSecure
        self.host = host
        self.port = port
    }

    /// Reads `https://host`, `https://host:port` or `https://[v6]:port`; a lone `/` at the end is let pass.
    package init(parsing text: String) throws(ValidationError) {
        let parts = try URLParts(parsing: text)
        guard parts.scheme == "https" || parts.scheme == "http" else {
            throw ValidationError("must begin with https://")
        }
        guard parts.userInfo == nil else {
            throw ValidationError("must not hold a user or password; the tokens have keys of their own")
        }
        isSecure = parts.scheme == "https"
        host = parts.host.text
        port = parts.port ?? (isSecure ? 443 : 80)
        guard isSecure || parts.host.isLoopback else {
            throw ValidationError("is http, which is only for a loopback address; write https://")
        }
    }
}
