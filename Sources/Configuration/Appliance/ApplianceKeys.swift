import Values

/// One key of an appliance: where it may be written, how its value is read, and which setting it changes.
///
/// Each key is declared once. The parser of the file, the environment variables, the help, the spelling suggestions and
/// the test of the reference all use these rows. A row is made from the path of a setting, so none can be without effect.
struct ApplianceKey: Sendable {
    /// Where a key may be written.
    enum Level: Sendable {
        /// In an appliance only.
        case appliance
        /// In `global` and in an appliance.
        case shared
        /// In `tls_config`.
        case tls
    }

    /// The key in the file.
    let name: String
    let level: Level
    /// One or two short sentences, for the help of its environment variable.
    let help: String
    /// Whether the value is a secret or may contain one.
    var isSecret = false
    /// The kind of file that the value names, if it names one.
    var file: ApplianceFile.Kind?
    /// Reads the value; returns what it changes.
    let read: @Sendable (ValueReader) throws(ConfigurationError) -> Change

    typealias Change = @Sendable (inout ApplianceDraft) -> Void

    /// The environment variable of the one-appliance form: `DARKTRACE_POLL_INTERVAL`.
    var variable: String { "DARKTRACE_\(name.uppercased())" }
}

/// The values of one appliance while they are collected; the four without a default may be missing.
struct ApplianceDraft {
    var name: String?
    var url: BaseURL?
    var publicToken: SecretSource?
    var privateToken: SecretSource?
    /// What is applied to the defaults, in this order.
    var changes: [@Sendable (inout Settings.Appliance) -> Void] = []

    /// The appliance, unless one of the four values is missing.
    func appliance(feeds: [FeedDeclaration]) -> Settings.Appliance? {
        guard let name, let url, let publicToken, let privateToken else { return nil }
        var appliance = Settings.Appliance(
            name: name, url: url, publicToken: publicToken, privateToken: privateToken, feeds: feeds)
        for change in changes { change(&appliance) }
        return appliance
    }
}

extension ApplianceKey {
    typealias Path<Value> = any WritableKeyPath<Settings.Appliance, Value> & Sendable

    private static func identity<Value: Sendable>(
        _ name: String, _ path: any WritableKeyPath<ApplianceDraft, Value?> & Sendable, help: String,
        isSecret: Bool = false, file: ApplianceFile.Kind? = nil,
        read: @escaping @Sendable (ValueReader) throws(ConfigurationError) -> Value
    ) -> ApplianceKey {
        ApplianceKey(name: name, level: .appliance, help: help, isSecret: isSecret, file: file) {
            (reader) throws(ConfigurationError) in
            let value = try read(reader)
            return { $0[keyPath: path] = value }
        }
    }

    private static func setting<Value: Sendable>(
        _ name: String, _ path: Path<Value>, in level: Level, help: String, isSecret: Bool = false,
        file: ApplianceFile.Kind? = nil, read: @escaping @Sendable (ValueReader) throws(ConfigurationError) -> Value
    ) -> ApplianceKey {
        ApplianceKey(name: name, level: level, help: help, isSecret: isSecret, file: file) {
            (reader) throws(ConfigurationError) in
            let value = try read(reader)
            return { draft in draft.changes.append { $0[keyPath: path] = value } }
        }
    }

    private static func duration(
        _ name: String, _ path: Path<Double>, _ range: ClosedRange<Double>, help: String
    ) -> ApplianceKey {
        setting(name, path, in: .shared, help: help) { (reader) throws(ConfigurationError) in
            try reader.duration(range)
        }
    }

    private static func count(
        _ name: String, _ path: Path<Int>, _ range: ClosedRange<Int>, help: String
    ) -> ApplianceKey {
        setting(name, path, in: .shared, help: help) { (reader) throws(ConfigurationError) in try reader.count(range) }
    }

    private static func file(
        _ name: String, _ path: Path<String?>, _ kind: ApplianceFile.Kind, help: String
    ) -> ApplianceKey {
        setting(name, path, in: .tls, help: help, file: kind) { (reader) throws(ConfigurationError) in
            try reader.filePath()
        }
    }

    private static let day = 86_400.0

    /// Every key that holds one value, in the order of the reference.
    ///
    /// The ledger keeps ids for 30 days or four times the widest window, so windows have a limit; an appliance sends at
    /// most a year.
    static let all: [ApplianceKey] = [
        identity("name", \.name, help: "The label appliance; default: the host of DARKTRACE_URL.") {
            (reader) throws(ConfigurationError) in try reader.parsed("a name", ApplianceName.checked)
        },
        identity("url", \.url, help: "Scheme, host and port of the appliance.") {
            (reader) throws(ConfigurationError) in
            try reader.parsed("a URL") { text throws(ValidationError) in try BaseURL(parsing: text) }
        },
        identity("public_token", \.publicToken, help: "The public token.", isSecret: true, read: token),
        identity(
            "public_token_file", \.publicToken, help: "A file with the public token, read for every poll.",
            file: .token, read: tokenFile),
        identity("private_token", \.privateToken, help: "The private token.", isSecret: true, read: token),
        identity(
            "private_token_file", \.privateToken, help: "A file with the private token, read for every poll.",
            file: .token, read: tokenFile),
        setting(
            "date_format", \.dateFormat, in: .appliance,
            help: "Format of the date in a signature: \(Settings.DateFormat.allCases.commaSeparated)."
        ) { (reader) throws(ConfigurationError) in try reader.choice() },
        setting(
            "proxy_url", \.proxy, in: .appliance, help: "URL of a proxy; other proxy variables are ignored.",
            isSecret: true
        ) { (reader) throws(ConfigurationError) in try reader.parsed("a URL", ProxyURL.normalized) },
        setting(
            "enabled", \.isEnabled, in: .appliance, help: "Whether the appliance is polled; its counts are kept if not."
        ) { (reader) throws(ConfigurationError) in try reader.boolean() },
        setting(
            "ui_url", \.presentation.uiURL, in: .appliance,
            help: "Where people open the appliance, for links; default: DARKTRACE_URL."
        ) { (reader) throws(ConfigurationError) in
            try reader.parsed("a URL") { text throws(ValidationError) in try WebURL(parsing: text) }
        },

        file("ca_file", \.tls.caFile, .authorities, help: "Certificates (PEM) to trust instead of the system's."),
        file("cert_file", \.tls.certFile, .certificate, help: "Client certificate (PEM)."),
        file("key_file", \.tls.keyFile, .privateKey, help: "Private key of the client certificate (PEM)."),
        setting(
            "server_name", \.tls.serverName, in: .tls, help: "The name that the certificate must contain."
        ) { (reader) throws(ConfigurationError) in
            try reader.parsed("a host name") { text throws(ValidationError) in
                try URLHost(parsing: text[...], isBracketed: false).text
            }
        },
        setting(
            "fingerprint", \.tls.fingerprint, in: .tls,
            help: "SHA-256 of the only certificate to accept, whatever its names and issuer."
        ) { (reader) throws(ConfigurationError) in
            try reader.parsed("a SHA-256 fingerprint", CertificateFingerprint.bytes)
        },
        setting(
            "insecure_skip_verify", \.tls.insecureSkipVerify, in: .tls,
            help: "Disables verification of the certificate."
        ) { (reader) throws(ConfigurationError) in try reader.boolean() },
        setting(
            "min_version", \.tls.minVersion, in: .tls,
            help: "Minimum TLS version: \(TLSVersion.allCases.commaSeparated)."
        ) { (reader) throws(ConfigurationError) in try reader.choice() },

        duration("poll_interval", \.pollInterval, 1...day, help: "Time between two polls of model breaches."),
        ApplianceKey(
            name: "status_interval", level: .shared,
            help: "Time between two polls of /status; 0s disables the feed."
        ) { (reader) throws(ConfigurationError) in
            let seconds = try reader.interval(1...day)
            return { draft in
                draft.changes.append { appliance in
                    appliance.feeds["status"]?.isEnabled = seconds > 0
                    if seconds > 0 { appliance.feeds["status"]?.interval = seconds }
                }
            }
        },
        duration("poll_timeout", \.pollTimeout, 0.1...600, help: "Timeout of one request."),
        duration("overlap", \.overlap, 0...7 * day, help: "Time before the cursor that each poll queries again."),
        duration("initial_lookback", \.initialLookback, 0...365 * day, help: "How far back the first run counts."),
        duration("recheck_interval", \.recheckInterval, 1...7 * day, help: "Time between two rechecks."),
        duration("recheck_window", \.recheckWindow, 1...30 * day, help: "Time range of a recheck."),
        count("requests_per_minute", \.requestsPerMinute, 1...6_000, help: "Rate limit, all feeds together."),
        count("max_models", \.maxModels, 1...100_000, help: "Cardinality limit: values of the label model."),
        duration("new_series_hold", \.newSeriesHold, 0...3_600, help: "How long a new series is exposed as 0."),
    ]

    private static func token(_ reader: ValueReader) throws(ConfigurationError) -> SecretSource {
        .inline(try reader.parsed("a token") { text throws(ValidationError) in try Token.checked(text.utf8) })
    }

    private static func tokenFile(_ reader: ValueReader) throws(ConfigurationError) -> SecretSource {
        .file(try reader.filePath())
    }

    /// The rows of one level.
    static func rows(_ level: Level) -> [ApplianceKey] { all.filter { $0.level == level } }

    /// The names of the keys of one level, without the mappings.
    static func names(_ level: Level) -> [String] { rows(level).map(\.name) }

    /// Whether the value of this key is a secret; the key may be misspelled.
    static func isSecret(_ key: String) -> Bool {
        let key = key.lowercased()
        return all.contains { row in
            row.isSecret && abs(row.name.utf8.count - key.utf8.count) <= 3
                && SpellingSuggestion.distance(row.name, key) <= 3
        }
    }
}

/// The rules for the name of an appliance or a replica, which becomes a label value and is stored in the ledger.
enum ApplianceName {
    /// The name, if it has 1 to 253 bytes (as the longest host name), only visible characters, and no white space around.
    static func checked(_ text: String) throws(ValidationError) -> String {
        guard text.utf8.count <= 253 else { throw ValidationError("is longer than 253 bytes") }
        guard text.unicodeScalars.allSatisfy(\.isVisible) else {
            throw ValidationError("must not contain control or invisible characters")
        }
        guard let first = text.first, let last = text.last, !first.isWhitespace, !last.isWhitespace else {
            throw ValidationError("must not begin or end with white space")
        }
        return text
    }
}

extension Collection where Element: RawRepresentable<String> {
    /// The raw values as a list for a message.
    var commaSeparated: String { map(\.rawValue).joined(separator: ", ") }
}
