import Values

/// Reads a web configuration as exporter-toolkit does; remembers which files it has read, also after a mistake.
struct WebParser {
    /// The keys by mapping.
    enum Keys {
        static let root = ["tls_server_config", "http_server_config", "basic_auth_users", "rate_limit"]
        static let tls = [
            "cert", "cert_file", "key", "key_file", "client_auth_type", "client_ca", "client_ca_file",
            "client_allowed_sans", "min_version", "max_version", "cipher_suites", "curve_preferences",
            "prefer_server_cipher_suites",
        ]
        static let http = ["http2", "headers"]
        static let rateLimit = ["interval", "burst"]

        static func set(_ names: [String]) -> MappingReader.KeySet {
            MappingReader.KeySet(
                names: names,
                elsewhere: [(tls, "tls_server_config"), (http, "http_server_config"), (root, "the top level")])
        }
    }

    /// An empty file is plain HTTP for everyone, as for other exporters.
    private static let kind = ConfigurationFile.Kind(
        flag: "--web.config.file", emptyProblem: nil, exampleKeys: "tls_server_config: and basic_auth_users:",
        isSecret: { $0.lowercased() == "key" })

    private let path: String
    private let readsFiles: Bool
    /// Each file as it was before it was read: a change while it is read shows.
    private(set) var versions: [FileVersion]
    var findings = Findings()

    init(_ path: String, readsFiles: Bool) {
        self.path = path
        self.readsFiles = readsFiles
        versions = [FileVersion(path)]
    }

    /// The settings of the file; the mistakes are in `findings`.
    mutating func configuration() -> WebConfiguration {
        var configuration = WebConfiguration(path: path)
        guard let file = ConfigurationFile.read(path, Self.kind, redaction: Redaction(), findings: &findings),
            let root = MappingReader(ValueReader(rootOf: file), Keys.set(Keys.root), findings: &findings)
        else { return configuration }
        if let value = root.value("tls_server_config") { configuration.tls = tls(value) }
        if let value = root.value("basic_auth_users") {
            configuration.users = users(value)
            configuration.declaresNoUsers = value.node.isEmptyCollection
        }
        if let value = root.value("http_server_config") { readHTTP(value, into: &configuration) }
        if let value = root.value("rate_limit") { configuration.rateLimit = rateLimit(value) }
        if file.isReadableByOthers, root.value("tls_server_config").map(Self.hasInlineKey) == true {
            findings.warn(root.place, Warning.openFile)
        }
        return configuration
    }

    private static func hasInlineKey(_ value: ValueReader) -> Bool {
        guard case .mapping(let entries) = value.node.content else { return false }
        return entries.contains { $0.key == "key" }
    }

    private mutating func readHTTP(_ value: ValueReader, into configuration: inout WebConfiguration) {
        guard let section = MappingReader(value, Keys.set(Keys.http), findings: &findings) else { return }
        if let value = section.value("http2"),
            findings.collect({ () throws(ConfigurationError) in try value.boolean() }) == true
        {
            findings.warn(value.place, "HTTP/2 is not supported; the pages are served over HTTP/1.1")
        }
        if let value = section.value("headers") {
            for (name, value) in entries(of: value) {
                let header = findings.collect { () throws(ConfigurationError) in try HeaderRule.checked(name, value) }
                if let header { configuration.headers.append(header) }
            }
        }
    }

    private mutating func entries(of value: ValueReader) -> [(key: String, reader: ValueReader)] {
        findings.collect { () throws(ConfigurationError) in try MappingReader.entries(of: value) } ?? []
    }

    /// An interval of 0, which is also the default, is no limit.
    private mutating func rateLimit(_ value: ValueReader) -> WebConfiguration.RateLimit? {
        guard let section = MappingReader(value, Keys.set(Keys.rateLimit), findings: &findings) else { return nil }
        var limit = WebConfiguration.RateLimit(intervalSeconds: 0, burst: 20)
        if let value = section.value("interval"),
            let seconds = findings.collect({ () throws(ConfigurationError) in try value.duration(0...86_400) })
        {
            limit.intervalSeconds = seconds
        }
        if let value = section.value("burst"),
            let burst = findings.collect({ () throws(ConfigurationError) in try value.count(1...1_000_000) })
        {
            limit.burst = burst
        }
        return limit.intervalSeconds > 0 ? limit : nil
    }

    private mutating func users(_ value: ValueReader) -> [String: Secret] {
        var users: [String: Secret] = [:]
        for (name, value) in entries(of: value) {
            guard !name.isEmpty, !name.contains(":"), name.unicodeScalars.allSatisfy(\.isVisible) else {
                findings.add(
                    value.error(
                        "no user can have this name; it must not be empty nor contain colons or control characters"))
                continue
            }
            let hash = findings.collect { () throws(ConfigurationError) in
                try value.parsed("a bcrypt hash", BcryptHash.checked)
            }
            guard let hash else { continue }
            users[name] = hash
            if let doubt = BcryptHash.doubt(hash) { findings.warn(value.place, doubt) }
        }
        return users
    }

    /// What is under this key or in the file that `KEY_file` names; nil if neither is there or it cannot be used.
    mutating func text(_ key: String, _ block: PEMFile.Block, in section: MappingReader) -> String? {
        switch (section.value(key), section.value("\(key)_file")) {
        case (_?, let file?):
            findings.add(file.error("\(key) is set as well; keep one of the two"))
            return nil
        case (nil, nil): return nil
        case (nil, let file?): return contents(file, block)
        case (let inline?, nil):
            return findings.collect { () throws(ConfigurationError) in
                try inline.parsed("text in PEM form") { text throws(ValidationError) in
                    try PEMFile.checked(text: text, holds: block)
                }
            }
        }
    }

    private mutating func contents(_ value: ValueReader, _ block: PEMFile.Block) -> String? {
        guard let path = findings.collect({ () throws(ConfigurationError) in try value.filePath() }) else { return nil }
        guard readsFiles else { return "" }
        versions.append(FileVersion(path))
        let shown = value.source.redaction.shownPath(path)
        do throws(ValidationError) {
            let (text, isReadableByOthers) = try PEMFile.text(path, holds: block)
            if block == .privateKey, isReadableByOthers {
                findings.warn(
                    value.place, "every user of this machine may read the key file \(shown); chmod it to 600")
            }
            return text
        } catch {
            findings.add(value.error("\(shown): \(error.description)"))
            return nil
        }
    }
}

/// The form of a bcrypt hash, as `htpasswd -nbBC 10` prints it; no password is checked here.
private enum BcryptHash {
    /// A check takes about 50 ms at 10 and twice as long for each step: at 20 a minute.
    private static let costs = 4...20
    private static let usualCosts = 4...14

    static func checked(_ text: String) throws(ValidationError) -> Secret {
        let bytes = Array(text.utf8)
        guard bytes.count == 60, ["$2a$", "$2b$", "$2y$"].contains(String(decoding: bytes[..<4], as: UTF8.self)),
            let cost = cost(text), bytes[6] == UInt8(ascii: "$"), bytes[7...].allSatisfy(isLetter)
        else {
            throw ValidationError("must be a bcrypt hash like $2y$10$…; make one with htpasswd -nbBC 10 \"\" PASSWORD")
        }
        guard costs.contains(cost) else {
            throw ValidationError("has a cost outside \(costs.lowerBound) to \(costs.upperBound); 10 is usual")
        }
        return Secret(text)
    }

    /// What is odd about a hash that can be used; nil if nothing is.
    static func doubt(_ hash: Secret) -> String? {
        guard let cost = cost(hash.revealed), !usualCosts.contains(cost) else { return nil }
        return "has cost \(cost): each new password takes many seconds to check; 10 is usual"
    }

    private static func cost(_ text: String) -> Int? {
        Int(String(decoding: text.utf8.dropFirst(4).prefix(2), as: UTF8.self))
    }

    /// The alphabet of crypt.
    private static func isLetter(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x2E...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: false
        }
    }
}

/// The headers that may be set, and the values that they may have, as in exporter-toolkit.
private enum HeaderRule {
    /// Without a list, every line is accepted.
    private static let allowed: [String: [String]] = [
        "Content-Security-Policy": [], "Strict-Transport-Security": [], "X-Content-Type-Options": ["nosniff"],
        "X-Frame-Options": ["deny", "sameorigin"], "X-XSS-Protection": [],
    ]

    static func checked(_ name: String, _ value: ValueReader) throws(ConfigurationError) -> WebConfiguration.Header {
        guard let values = allowed[name] else {
            let shown = value.source.redaction.word(name) ?? "?"
            let known = allowed.keys.sorted().joined(separator: ", ")
            throw value.error("HTTP header \"\(shown)\" can not be configured; those that can are \(known)")
        }
        let text = try value.text("a text")
        guard text.unicodeScalars.allSatisfy({ (0x20...0x7E).contains($0.value) }) else {
            throw value.error("must be one line of ASCII")
        }
        guard values.isEmpty || values.contains(text) else {
            let list = values.map { "\"\($0)\"" }.joined(separator: " ")
            throw value.error("invalid value for \(name). Expected one of: [\(list)], but got: \(value.shown(text))")
        }
        return WebConfiguration.Header(name: name, value: text)
    }
}
