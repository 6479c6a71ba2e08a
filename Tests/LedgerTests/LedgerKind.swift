import Ledger
import PostgresLedger
import SQLiteLedger
import TestSupport

/// The two ledgers, which have to behave alike: what is tested with both is what the rest of the exporter relies on.
enum LedgerKind: String, CaseIterable, Sendable {
    case sqlite = "SQLite"
    case postgres = "PostgreSQL"

    /// An empty place for the counts, which goes with the test.
    func store() async throws -> any LedgerStore {
        switch self {
        case .sqlite: try LedgerFixture()
        case .postgres: try await PostgresStore()
        }
    }

    /// An empty ledger.
    func ledger() async throws -> any CheckedLedger {
        switch self {
        case .sqlite: try SQLiteLedger(.memory, executor: LedgerQueue())
        case .postgres: try await PostgresStore().open()
        }
    }
}

/// Where one ledger is kept, to be opened again.
protocol LedgerStore: Sendable {
    func openAgain() async throws -> any CheckedLedger
}

extension LedgerFixture: LedgerStore {
    func openAgain() async throws -> any CheckedLedger { try open() }
}

extension PostgresStore: LedgerStore {
    func openAgain() async throws -> any CheckedLedger { try await open() }
}

/// A ledger that tests look into and make fail.
protocol CheckedLedger: FaultyLedger {
    /// The number of stored seen records.
    func seenCount() async throws -> Int
}

extension SQLiteLedger: CheckedLedger {
    func seenCount() throws -> Int {
        Int(
            try withConnection { (connection) throws(SQLiteError) in
                try connection.integer("SELECT count(*) FROM mark") ?? 0
            })
    }
}

extension PostgresLedger: CheckedLedger {
    func seenCount() throws -> Int { Int(try integer("SELECT count(*) FROM darktrace_exporter.seen_record") ?? 0) }
}
