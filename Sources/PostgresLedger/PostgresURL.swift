import CLibpq
import Glibc
import Ledger

/// How a URI of libpq is used: with safe defaults for what it leaves open.
///
/// The URI holds a password, so that nothing of it but hosts and the name of the database is ever shown.
struct PostgresURL: Sendable {
    /// Keywords of libpq and their values, without those of a host.
    let parameters: [(keyword: String, value: String)]
    /// In the order of the URI.
    let hosts: [PostgresHost]
    /// Host and database, for messages.
    let location: DatabaseLocation
    /// What makes the connection less safe than it could be.
    let warnings: [String]

    /// The certificates of the system, in the first of the places where distributions keep them.
    static let systemBundles = [
        "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem",
    ]

    /// - Parameter place: The setting that holds the URI, for messages.
    /// - Throws: `LedgerError` with `.url`, which quotes nothing of the URI, or with `.library`.
    init(_ text: String, place: String) throws(LedgerError) {
        let setting = DatabaseLocation.database(place)
        guard text.hasPrefix("postgresql://") || text.hasPrefix("postgres://") else {
            throw LedgerError(.url, setting, "it does not begin with postgresql://")
        }
        var given = try Self.parsed(text, Libpq(for: setting)) ?? [:]
        guard !given.isEmpty else { throw LedgerError(.url, setting, "it cannot be read") }
        // A password with one of these characters that is not percent-encoded ends up in another part.
        let parts = ["host", "hostaddr", "port", "dbname"].compactMap { given[$0] }
        guard !parts.contains(where: { $0.contains("@") }), Self.isPort(given["port"]) else {
            throw LedgerError(.url, setting, "a password with @, / or : has to be percent-encoded")
        }
        for refused in ["service", "passfile", "options"] where given[refused] != nil {
            throw LedgerError(.url, setting, "the parameter \(refused) is not supported")
        }
        guard
            let hosts = PostgresHost.list(names: given["host"], addresses: given["hostaddr"], ports: given["port"])
        else { throw LedgerError(.url, setting, "it has another number of ports or addresses than of hosts") }
        let remote = hosts.filter { !Self.isLocal($0.address ?? $0.name) }
        var warnings: [String] = []
        if !remote.isEmpty {
            let mode = given["sslmode"] ?? "verify-full"
            given["sslmode"] = mode
            if mode != "verify-full" {
                warnings.append(
                    "\(place): sslmode=\(mode) lets others on the network read or change the counts; use verify-full")
            }
            if mode.hasPrefix("verify"), given["sslrootcert"] == nil {
                given["sslrootcert"] = Self.systemBundles.first { unsafe access($0, R_OK) == 0 }
            }
        }
        let defaults = [
            // Encryption by Kerberos would bypass the check of the certificate.
            "gssencmode": "disable", "passfile": "/dev/null/none", "client_encoding": "UTF8",
            "fallback_application_name": "darktrace-exporter", "target_session_attrs": "read-write",
            "keepalives_idle": "30",
        ]
        let host = given["host"] ?? given["hostaddr"] ?? "local socket"
        for keyword in ["host", "hostaddr", "port"] { given[keyword] = nil }
        parameters = given.merging(defaults) { given, _ in given }.sorted { $0.key < $1.key }
            .map { (keyword: $0.key, value: $0.value) }
        // In this order a connection is tried.
        self.hosts = given["load_balance_hosts"] == "random" ? hosts.shuffled() : hosts
        self.warnings = warnings
        location = .database("PostgreSQL \(host), database \(given["dbname"] ?? given["user"] ?? "of the user")")
    }

    /// The parameters that the URI has; nil if it is none. The message of libpq would quote it.
    private static func parsed(_ text: String, _ libpq: Libpq) -> [String: String]? {
        guard let options = unsafe libpq.functions.pointee.PQconninfoParse(text, nil) else { return nil }
        defer { unsafe libpq.functions.pointee.PQconninfoFree(options) }
        var values: [String: String] = [:]
        var next = unsafe options
        while let keyword = unsafe next.pointee.keyword {
            if let value = unsafe next.pointee.val, unsafe value.pointee != 0 {
                unsafe values[String(cString: keyword)] = String(cString: value)
            }
            unsafe next += 1
        }
        return values
    }

    private static func isPort(_ text: String?) -> Bool {
        guard let text else { return true }
        return text.split(separator: ",").allSatisfy { UInt16($0) != nil }
    }

    /// Whether a host is a unix socket or this machine.
    private static func isLocal(_ host: String) -> Bool {
        if host.isEmpty || host.hasPrefix("/") || host == "localhost" || host == "::1" { return true }
        let numbers = host.split(separator: ".", omittingEmptySubsequences: false)
        return numbers.count == 4 && numbers[0] == "127" && numbers.allSatisfy { UInt8($0) != nil }
    }
}
