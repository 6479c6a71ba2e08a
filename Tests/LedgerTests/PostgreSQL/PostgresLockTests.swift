import Foundation
import Ledger
import PostgresLedger
import TestSupport
import Testing

/// One exporter uses a database.
@Suite struct PostgresLockTests {
    private let store: PostgresStore

    init() async throws { store = try await PostgresStore() }

    @Test func `a second exporter is refused while the first renews its lease, in words that name that one`()
        async throws
    {
        let first = try await store.open(leaseSeconds: 60)
        let renewal = Task {
            while !Task.isCancelled {
                try await first.renew()
                try await Task.sleep(for: .milliseconds(100))
            }
        }
        let error = await #expect(throws: LedgerError.self) { try await store.open() }
        renewal.cancel()
        #expect(error?.reason == .busy)
        #expect("\(try #require(error))".contains("process \(getpid())"))
        try await first.commit(Sample.batch(1))
    }

    @Test func `an exporter that was closed leaves the ledger to the next at once`() async throws {
        try await store.open(leaseSeconds: 600).close()
        let configuration = store.configuration()
        try await PostgresLedger(configuration, executor: LedgerQueue()).close()
    }

    @Test func `the ledger of an exporter that died is taken over when its lease has ended`() async throws {
        let first = try await store.open(leaseSeconds: 600)
        try await first.commit(Sample.batch(1))
        let error = #expect(throws: LedgerError.self) {
            _ = try PostgresLedger(store.configuration(), executor: LedgerQueue())
        }
        #expect(error?.reason == .busy)
        try await setClock(ahead: 601)
        let second = try PostgresLedger(store.configuration(), executor: LedgerQueue())
        #expect(try await Sample.steps(in: second) == 1)
        // The first one was only stopped for a while.
        let commit = await #expect(throws: LedgerError.self) { try await first.commit(Sample.batch(2)) }
        #expect(commit?.reason == .leaseLost)
        #expect(await #expect(throws: LedgerError.self) { try await first.renew() }?.reason == .leaseLost)
        #expect(try await Sample.steps(in: second) == 1)
        try await second.commit(Sample.batch(2))
        #expect(try await Sample.steps(in: second) == 2)
    }

    @Test func `a lease that ended is continued if no other exporter took it`() async throws {
        let ledger = try await store.open(leaseSeconds: 600)
        try await setClock(ahead: 3_600)
        try await ledger.commit(Sample.batch(1))
        #expect(try await Sample.steps(in: ledger) == 1)
    }

    @Test func `a lease written before the server's clock was set back does not last`() async throws {
        try await store.open().close()
        try await setClock(ahead: 86_400)
        let first = try await store.open()
        try await setClock(ahead: 0)
        let second = try PostgresLedger(store.configuration(), executor: LedgerQueue())
        let error = await #expect(throws: LedgerError.self) { try await first.commit(Sample.batch(1)) }
        #expect(error?.reason == .leaseLost)
        try await second.commit(Sample.batch(1))
    }

    @Test func `what a lost connection sent can no longer be committed after the next one is open`() async throws {
        let ledger = try await store.open(leaseSeconds: 600)
        try await ledger.commit(Sample.batch(1))
        // As a commit that a proxy delays: it has the epoch of now, and arrives after the ledger has connected again.
        let lease = try await store.query("SELECT holder || '#' || epoch FROM darktrace_exporter.lease").split(
            separator: "#")
        try await endSessions()
        #expect(try await Sample.steps(in: ledger) == 1)
        try await ledger.commit(Sample.batch(2))
        let late = try await store.query(
            "UPDATE darktrace_exporter.lease SET expires = expires WHERE holder = '\(lease[0])' AND epoch = \(lease[1]) RETURNING 1"
        )
        #expect(late.isEmpty)
    }

    /// Moves the clock of leases, which is one function.
    private func setClock(ahead seconds: Int) async throws {
        try await store.query(
            """
            CREATE OR REPLACE FUNCTION darktrace_exporter.lease_time() RETURNS timestamptz LANGUAGE sql VOLATILE
            AS 'SELECT clock_timestamp() + make_interval(secs => \(seconds))'
            """)
    }

    private func endSessions() async throws {
        try await store.server.query(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '\(store.database)'")
    }
}
