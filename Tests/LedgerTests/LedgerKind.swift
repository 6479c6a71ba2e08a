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
        case .postgres: try await PostgresStore().open(leases: PostgresStore.appliances)
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
    /// Those of the tests of both ledgers.
    static let appliances = ["branch", "hq", "other"]

    func openAgain() async throws -> any CheckedLedger {
        let ledger = try await open()
        // The ledger before was dropped like that of a process that was killed, and its leases may last for long.
        try await query("UPDATE darktrace_exporter.lease SET holder = NULL")
        _ = try await ledger.takeLeases(of: Self.appliances)
        return ledger
    }
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
