import Configuration
import Ledger
import Logging
import PostgresLedger
import SQLiteLedger
import Values

extension Settings.State {
    /// Opens the ledger; a PostgreSQL client is loaded only for one in PostgreSQL.
    ///
    /// - Throws: `LedgerError` for a state that cannot be used.
    func openLedger(executor: LedgerQueue, _ logger: Logger) async throws(LedgerError) -> any Ledger {
        switch self {
        case .file(let path): try SQLiteLedger(DatabaseLocation(path), executor: executor)
        case .postgres(let postgres): try PostgresLedger(postgres.configuration(), executor: executor)
        }
    }
}

extension Settings.Postgres {
    /// As the ledger takes it.
    ///
    /// - Parameter leaseSeconds: nil for what is configured.
    func configuration(leaseSeconds: Double? = nil) -> PostgresConfiguration {
        PostgresConfiguration(
            url: { [self] in
                do throws(ValidationError) {
                    return .success(try currentURL().revealed)
                } catch {
                    return .failure(LedgerError(.url, .database(place), "\(error)"))
                }
            }, place: place, leaseSeconds: leaseSeconds ?? lease, replicaName: replica)
    }
}
