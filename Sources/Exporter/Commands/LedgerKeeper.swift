import Collector
import Configuration
import Ledger
import Locking
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
        case .postgres(let postgres):
            try await PostgresLedger.open(postgres.configuration, executor: executor) { text in
                logger.info("Waiting for the ledger", ("reason", text))
            }
        }
    }
}

extension Settings.Postgres {
    /// As the ledger takes it.
    var configuration: PostgresConfiguration {
        PostgresConfiguration(
            url: { [self] in
                do throws(ValidationError) {
                    return .success(try currentURL().revealed)
                } catch {
                    return .failure(LedgerError(.url, .database(place), "\(error)"))
                }
            }, place: place, leaseSeconds: lease)
    }
}

/// Keeps other exporters away from the ledger while this one runs.
struct LedgerKeeper: Sendable {
    let ledger: any Ledger
    let logger: Logger
    let clocks: Clocks
    /// Called when the state became unusable, or usable again.
    let onChange: @Sendable (_ isUp: Bool) -> Void

    /// Renews the lease until the task is cancelled.
    ///
    /// - Returns: Why this exporter must end: another one has taken the ledger over.
    func run() async -> LedgerError? {
        guard let interval = ledger.renewalInterval else { return nil }
        var isUp = true
        var due = clocks.monotonicNanoseconds()
        while true {
            due += Int64(interval / .nanoseconds(1))
            guard (try? await clocks.sleep(due)) != nil else { return nil }
            do throws(LedgerError) {
                try await ledger.renew()
                if !isUp {
                    logger.info("Ledger is reachable again")
                    onChange(true)
                }
                isUp = true
            } catch {
                guard error.reason != .takenOver, error.reason != .closed else { return error }
                if isUp {
                    logger.error("Ledger is not reachable, nothing is counted until it is", ("error", "\(error)"))
                    onChange(false)
                }
                isUp = false
            }
        }
    }
}
