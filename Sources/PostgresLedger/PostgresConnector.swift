import Glibc
package import Ledger

/// What is configured of a ledger in PostgreSQL.
package struct PostgresConfiguration: Sendable {
    /// Reads the URI, which may be in a file that changes.
    let url: @Sendable () -> Result<String, LedgerError>
    /// The setting that holds it, for messages.
    let place: String
    /// How long a silent exporter keeps its leases.
    let leaseSeconds: Double
    /// The same after a restart.
    let replicaName: String
    /// Different in every process; it says where that runs.
    let replicaID: String

    /// - Parameter replicaName: nil for the name of the host.
    package init(
        url: @escaping @Sendable () -> Result<String, LedgerError>, place: String, leaseSeconds: Double = 30,
        replicaName: String? = nil
    ) {
        self.url = url
        self.place = place
        self.leaseSeconds = leaseSeconds
        self.replicaName = replicaName ?? Self.hostName
        replicaID = "\(Self.hostName), process \(getpid()), \(String(UInt64.random(in: 0 ... .max), radix: 36))"
    }

    private static var hostName: String {
        var name = [CChar](repeating: 0, count: 256)
        guard unsafe gethostname(&name, name.count - 1) == 0 else { return "unknown host" }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// Opens connections to the configured database.
struct PostgresConnector {
    let location: DatabaseLocation
    private let configuration: PostgresConfiguration
    private let libpq: Libpq
    /// What makes the connection less safe than it could be.
    let warnings: [String]

    /// Reads the URI for the first time.
    init(_ configuration: PostgresConfiguration) throws(LedgerError) {
        libpq = try Libpq(for: .database(configuration.place))
        Libpq.ignoreEnvironment()
        self.configuration = configuration
        let url = try PostgresURL(try configuration.url().get(), place: configuration.place)
        location = url.location
        warnings = url.warnings
    }

    /// Connects for the first time, and brings the schema up to date.
    func open(_ migrations: [PostgresMigration]) throws(LedgerError) -> PostgresConnection {
        let connection = try connect()
        let refusal: LedgerError?
        do throws(PostgresError) {
            refusal = try PostgresMigration.run(migrations, on: connection, at: location)
        } catch {
            throw error.ledgerError(at: location)
        }
        if let refusal { throw refusal }
        return connection
    }

    /// Connects, with what the URI is now.
    func connect() throws(LedgerError) -> PostgresConnection {
        let url = try PostgresURL(try configuration.url().get(), place: configuration.place)
        do throws(PostgresError) {
            // The locks of a process that is stopped go before its leases: its last commit has renewed them.
            let idleSeconds = max(5, Int(configuration.leaseSeconds / 2))
            return try PostgresConnection(libpq, url.parameters, idleSeconds: idleSeconds)
        } catch {
            throw error.ledgerError(at: location)
        }
    }
}
