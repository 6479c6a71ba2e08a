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
///
/// It tries hosts and their addresses one by one, and each gets an equal part of the time that is left: libpq alone
/// would wait for the first one that does not answer until the deadline of all.
final class PostgresConnector {
    /// How long a connection may take, with all hosts of the URI.
    private static let connectSeconds = 5.0

    let location: DatabaseLocation
    private let configuration: PostgresConfiguration
    private let libpq: Libpq
    private let resolver = HostResolver()
    /// What was connected to last, which is tried first.
    private var last: Address?
    /// What makes the connection less safe than it could be.
    let warnings: [String]

    private struct Address: Equatable {
        let host: PostgresHost
        /// What its name was resolved to.
        let resolved: String?
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
            return try connect(url)
        } catch {
            throw error.ledgerError(at: location)
        }
    }

    private func connect(_ url: PostgresURL) throws(PostgresError) -> PostgresConnection {
        let deadline = Deadline(seconds: Self.connectSeconds)
        let hosts = url.hosts.moving(last?.host)
        resolver.begin(hosts.filter(\.isName).map(\.name))
        var failures: [PostgresError] = []
        for (index, host) in hosts.enumerated() {
            let end = deadline.part(of: hosts.count - index)
            do throws(PostgresError) {
                var addresses: [String?] = [nil]
                if host.isName { addresses = try resolver.addresses(of: host.name, before: end) }
                if host == last?.host { addresses = addresses.moving(last?.resolved) }
                for (index, address) in addresses.enumerated() {
                    do throws(PostgresError) {
                        let connection = try connect(
                            url, host, at: address, before: end.part(of: addresses.count - index))
                        last = Address(host: host, resolved: address)
                        return connection
                    } catch {
                        failures.append(error)
                    }
                }
            } catch {
                failures.append(error)
            }
        }
        throw PostgresError(of: failures)
    }

    private func connect(
        _ url: PostgresURL, _ host: PostgresHost, at address: String?, before deadline: Deadline
    ) throws(PostgresError) -> PostgresConnection {
        // The locks of a process that is stopped go before its leases: its last commit has renewed them.
        let idleSeconds = max(5, Int(configuration.leaseSeconds / 2))
        do throws(PostgresError) {
            return try PostgresConnection(
                libpq, url.parameters + host.parameters(at: address), idleSeconds: idleSeconds, before: deadline)
        } catch {
            // Only messages of libpq name the server.
            guard error.kind == .late else { throw error }
            throw PostgresError(.late, "\(host.description(at: address)): \(error.message)")
        }
    }
}

extension Array where Element: Equatable {
    /// The same elements, with this one first if it is one of them.
    fileprivate func moving(_ first: Element?) -> [Element] {
        guard let first, let index = firstIndex(of: first) else { return self }
        return [first] + self[..<index] + self[(index + 1)...]
    }
}
