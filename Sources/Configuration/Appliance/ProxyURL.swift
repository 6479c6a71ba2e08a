import Values

/// The address of a proxy, in the form that libcurl's `CURLOPT_PROXY` takes.
enum ProxyURL {
    private static let ports = ["http": 80, "https": 443, "socks5": 1080, "socks5h": 1080]

    /// Checks the URL and writes its port out, since libcurl would take 1080 where everybody else takes 80.
    static func normalized(_ text: String) throws(ValidationError) -> Secret {
        let parts = try URLParts(parsing: text)
        guard let usual = ports[parts.scheme] else {
            throw ValidationError("must begin with http://, https://, socks5:// or socks5h://")
        }
        let user = parts.userInfo.map { "\($0)@" } ?? ""
        return Secret("\(parts.scheme)://\(user)\(parts.host.bracketed):\(parts.port ?? usual)")
    }
}
