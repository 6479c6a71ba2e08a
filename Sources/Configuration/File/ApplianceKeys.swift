/// The words of the configuration file, by the mapping they belong to.
enum ApplianceKeys {
    static let root = ["global", "appliances"]
    static let tuning = ApplianceSetting.all.map(\.key)
    static let own = [
        "name", "url", "public_token", "public_token_file", "private_token", "private_token_file", "date_format",
        "tls_config", "proxy_url",
    ]
    static let tls = ["ca_file", "cert_file", "key_file", "server_name", "insecure_skip_verify", "min_version"]
    static let appliance = own + tuning

    /// The configuration file as a whole.
    static let vocabulary = FileSchema(
        flag: "--config.file", least: "it needs at least the list appliances", likeKeys: "global: and appliances:",
        root: root, isSecret: isSecret, advice: advice)

    private static let secret = ["public_token", "private_token", "proxy_url"]

    /// Whether the value of this key is a secret, the key perhaps misspelt.
    static func isSecret(_ key: String) -> Bool {
        let key = key.lowercased()
        return secret.contains { abs($0.utf8.count - key.utf8.count) <= 3 && SpellingSuggestion.distance($0, key) <= 3 }
    }

    /// What to do about a key that is not among `known`.
    static func advice(for key: String, known: [String]) -> String {
        if let near = SpellingSuggestion.nearest(to: key, among: known) { return "is not known; did you mean \(near)?" }
        if tls.contains(key) { return "is not known here; it belongs in tls_config" }
        if tuning.contains(key) { return "is not known here; it belongs in global or in an appliance" }
        if own.contains(key) { return "is not known here; it belongs in an appliance" }
        if root.contains(key) { return "is not known here; it belongs at the left margin" }
        return "is not known; the keys here are \(known.joined(separator: ", "))"
    }
}
