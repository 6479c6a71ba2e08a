/// The words of the web configuration, by the mapping they belong to.
enum WebKeys {
    static let root = ["tls_server_config", "http_server_config", "basic_auth_users", "rate_limit"]
    static let tls = [
        "cert", "cert_file", "key", "key_file", "client_auth_type", "client_ca", "client_ca_file",
        "client_allowed_sans", "min_version", "max_version", "cipher_suites", "curve_preferences",
        "prefer_server_cipher_suites",
    ]
    static let http = ["http2", "headers"]

    /// The web configuration as a whole.
    static let vocabulary = FileSchema(
        flag: "--web.config.file",
        least: "it needs one of tls_server_config, basic_auth_users and http_server_config",
        likeKeys: "tls_server_config: and basic_auth_users:", root: root,
        isSecret: { $0.lowercased() == "key" }
    ) { key, known in
        if let near = SpellingSuggestion.nearest(to: key, among: known) { return "is not known; did you mean \(near)?" }
        if tls.contains(key) { return "is not known here; it belongs in tls_server_config" }
        if http.contains(key) { return "is not known here; it belongs in http_server_config" }
        if root.contains(key) { return "is not known here; it belongs at the left margin" }
        return "is not known; the keys here are \(known.joined(separator: ", "))"
    }
}
