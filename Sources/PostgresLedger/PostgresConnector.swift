import Glibc
package import Ledger

/// What is configured of a ledger in PostgreSQL.
package struct PostgresConfiguration: Sendable {
    /// Reads the URI, which may be in a file that changes.
    let url: @Sendable () -> Result<String, LedgerError>
    /// The setting that holds it, for messages.
    let place: String
    /// How long a silent exporter keeps the ledger.
    let leaseSeconds: Double
    /// Different in every process; it says where that runs.
    let holder: String

    package init(
        url: @escaping @Sendable () -> Result<String, LedgerError>, place: String, leaseSeconds: Double = 30
    ) {
        self.url = url
        self.place = place
        self.leaseSeconds = leaseSeconds
        holder = "\(Self.hostName), process \(getpid()), \(String(UInt64.random(in: 0 ... .max), radix: 36))"
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

    /// A ledger that is ready, unless another exporter has it.
    struct Opened {
        let connector: PostgresConnector
        let connection: PostgresConnection
        let holder: LedgerLease.Holder?
    }

    /// Reads the URI for the first time.
    init(_ configuration: PostgresConfiguration) throws(LedgerError) {
        libpq = try Libpq(for: .database(configuration.place))
        Libpq.ignoreEnvironment()
        self.configuration = configuration
        let url = try PostgresURL(try configuration.url().get(), place: configuration.place)
        location = url.location
        warnings = url.warnings
    }

    /// Connects for the first time, brings the schema up to date, and takes the lease.
    static func open(
        _ configuration: PostgresConfiguration, migrations: [PostgresMigration], lease: inout LedgerLease
    ) throws(LedgerError) -> Opened {
        let connector = try PostgresConnector(configuration)
        let connection = try connector.connect()
        var refusal: LedgerError?
        var holder: LedgerLease.Holder?
        do throws(PostgresError) {
            refusal = try PostgresMigration.run(migrations, on: connection, at: connector.location)
            if refusal == nil { holder = try lease.take(on: connection) }
        } catch {
            throw error.ledgerError(at: connector.location)
        }
        if let refusal { throw refusal }
        return Opened(connector: connector, connection: connection, holder: holder)
    }

    /// Connects, with what the URI is now.
    func connect() throws(LedgerError) -> PostgresConnection {
        let url = try PostgresURL(try configuration.url().get(), place: configuration.place)
        do throws(PostgresError) {
            return try PostgresConnection(libpq, url.parameters)
        } catch {
            throw error.ledgerError(at: location)
        }
    }

    /// The error for a ledger that another exporter uses.
    func busy(_ holder: LedgerLease.Holder) -> LedgerError {
        LedgerError(.busy, location, holder.name)
    }
}
