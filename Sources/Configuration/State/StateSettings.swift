package import Values

extension Settings {
    /// Where the counts are kept.
    package enum State: Sendable, Equatable {
        /// The SQLite file, relative to the working directory; `:memory:` keeps nothing.
        case file(String)
        /// A PostgreSQL database.
        case postgres(Postgres)

        /// The file that is used when nothing is configured.
        package static let standard = State.file("darktrace-exporter.db")
    }

    /// A PostgreSQL database that keeps the counts.
    package struct Postgres: Sendable, Equatable {
        /// Its URI, which holds a password.
        let url: URLSource
        /// How long, in seconds, an exporter that is silent keeps its appliances.
        package let lease: Double
        /// The name of this replica; nil for that of the host.
        package let replica: String?
        /// The key with the URI, for messages.
        package let place: String

        /// Where the URI is.
        enum URLSource: Sendable, Equatable {
            case inline(Secret)
            case file(String)
        }

        /// The database whose URI is in this file; nil if there is no such file, or something else in it.
        ///
        /// - Parameter place: What names the file, for messages.
        package init?(fileWithURL path: String, place: String) {
            url = .file(path)
            lease = StateKeys.standardLease
            replica = nil
            self.place = place
            guard (try? currentURL()) != nil else { return nil }
        }

        init(url: URLSource, lease: Double, replica: String?, place: String) {
            self.url = url
            self.lease = lease
            self.replica = replica
            self.place = place
        }

        /// The URI as it is now; a file is read at each connection, so that a new password needs no restart.
        package func currentURL() throws(ValidationError) -> Secret {
            switch url {
            case .inline(let url): return url
            case .file(let path):
                do throws(ValidationError) {
                    let content = try FileContent(path: path, limit: Token.sizeLimit)
                    return try StateKeys.checked(String(decoding: content.bytes, as: UTF8.self))
                } catch {
                    throw ValidationError("\(Redaction().shownPath(path)) \(error.description)")
                }
            }
        }
    }
}

/// The keys below `state`.
struct StateKeys {
    static let key = "state"
    static let names = ["path", "postgres_url", "postgres_url_file", "lease", "replica"]
    /// The key whose value is a secret.
    static let secret = "postgres_url"

    static let standardLease = 30.0
    private static let leases = 5.0...600

    /// The URI without white space around it; what libpq says of a wrong one would quote it.
    static func checked(_ text: String) throws(ValidationError) -> Secret {
        let uri = text.split(whereSeparator: \.isWhitespace)
        guard uri.count == 1, let uri = uri.first else { throw ValidationError("must be one URI without spaces") }
        guard uri.hasPrefix("postgresql://") || uri.hasPrefix("postgres://") else {
            throw ValidationError("must begin with postgresql://")
        }
        return Secret(String(uri))
    }

    /// Reads the mapping; nil if it names no place. Adds what is wrong with it.
    static func read(_ value: ValueReader, _ keys: MappingReader.KeySet, findings: inout Findings) -> Settings.State? {
        guard let mapping = MappingReader(value, keys, findings: &findings) else { return nil }
        let given = names.prefix(3).compactMap { mapping.value($0) }
        for other in given.dropFirst() {
            findings.add(other.error("the state is in one place; keep one of path, postgres_url, postgres_url_file"))
        }
        let lease = mapping.value("lease").flatMap { value in
            findings.collect { () throws(ConfigurationError) in try value.duration(leases) }
        }
        let replica = mapping.value("replica").flatMap { value in
            findings.collect { () throws(ConfigurationError) in try value.parsed("a name", ApplianceName.checked) }
        }
        if mapping.value(secret) == nil, mapping.value("postgres_url_file") == nil {
            for value in ["lease", "replica"].compactMap({ mapping.value($0) }) {
                findings.add(value.error("belongs to a PostgreSQL database; remove it, or set postgres_url_file"))
            }
        }
        func postgres(_ value: ValueReader, _ url: Settings.Postgres.URLSource) -> Settings.State {
            .postgres(
                Settings.Postgres(
                    url: url, lease: lease ?? standardLease, replica: replica, place: "\(value.place)"))
        }
        if let value = mapping.value("path") {
            return findings.collect { () throws(ConfigurationError) in
                let text = try value.text("the name of a file")
                return .file(text == ":memory:" ? text : try value.filePath())
            }
        }
        if let value = mapping.value(secret) {
            return findings.collect { () throws(ConfigurationError) in
                postgres(value, .inline(try value.parsed("a URI of PostgreSQL", checked)))
            }
        }
        return mapping.value("postgres_url_file").flatMap { value in
            findings.collect { () throws(ConfigurationError) in postgres(value, .file(try value.filePath())) }
        }
    }
}
