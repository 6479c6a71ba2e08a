import Foundation
import Ledger
import TestSupport
import Testing

@testable import PostgresLedger

/// What a connection sent that is lost by now is refused, whenever it arrives, and delays nothing else.
@Suite struct PostgresFenceTests {
    private let store: PostgresStore
    private let ledger: PostgresLedger
    private static let branch = FeedKey(appliance: "branch", feed: "modelbreaches")

    init() async throws {
        store = try await PostgresStore()
        ledger = try await store.open(leases: ["branch", "hq"])
        try await ledger.commit(Sample.batch(1))
    }

    @Test func `a commit on its way over a lost connection is refused after the next one is open`() async throws {
        // As a proxy that holds it back: the rights of then, on a connection that arrives later.
        var former = await ledger.held
        let proxy = try connect()
        func arrive() throws {
            try proxy.transaction { () throws(PostgresError) in
                try former.fence("hq", on: proxy)
                try proxy.run("UPDATE darktrace_exporter.feed SET cursor_ms = cursor_ms + 1")
            }
        }
        // Before, it is not refused: without the fence it would count what is read and counted again.
        try arrive()
        #expect(try await ledger.checkpoint(Sample.key)?.cursorMilliseconds == 2)
        try await store.query("UPDATE darktrace_exporter.feed SET cursor_ms = 1")
        try await endSessions(except: proxy)
        #expect(try await Sample.steps(in: ledger) == 1)
        #expect(throws: PostgresError.self) { try arrive() }
        #expect(try await Sample.steps(in: ledger) == 1)
        // It is the same lease.
        #expect(try await ledger.renewLeases(pollable: []).map(\.epoch) == [1, 1])
        try await ledger.commit(Sample.batch(2))
        #expect(try await Sample.steps(in: ledger) == 2)
    }

    @Test func `a commit that is in progress on a lost connection is waited for before anything is read`()
        async throws
    {
        try await endSessions()
        async let commit = store.commitWhenAwaited("UPDATE darktrace_exporter.feed SET cursor_ms = 77")
        try await store.awaitRowLock()
        #expect(try await ledger.checkpoint(Sample.key)?.cursorMilliseconds == 77)
        _ = try await commit
        #expect(try await ledger.renewLeases(pollable: []).count == 2)
    }

    @Test func `a lost connection whose transaction is stuck costs the lease of its appliance alone`() async throws {
        var former = await ledger.held
        let stuck = try connect()
        try stuck.execute("BEGIN")
        try former.fence("hq", on: stuck)
        try await endSessions(except: stuck)
        try await ledger.commit(Sample.batch(1, key: Self.branch))
        let error = await #expect(throws: LedgerError.self) { try await ledger.commit(Sample.batch(2)) }
        #expect(error?.reason == .leaseLost && error?.detail == "hq")
        #expect(try await ledger.renewLeases(pollable: []) == [Lease("branch", epoch: 1)])
        #expect(try await ledger.takeLeases(of: ["hq"]).isEmpty)
        try stuck.execute("COMMIT")
        #expect(try await ledger.takeLeases(of: ["hq"]) == [Lease("hq", epoch: 2)])
        #expect(try await Sample.steps(in: ledger) == 1)
        try await ledger.commit(Sample.batch(2))
    }

    @Test func `one row that stays locked holds up neither the renewal nor the taking of others`() async throws {
        let stuck = try connect()
        try stuck.execute("BEGIN; UPDATE darktrace_exporter.lease SET expires = expires WHERE appliance = 'hq'")
        // What is not renewed is not returned, as its end is not known.
        #expect(try await ledger.renewLeases(pollable: []) == [Lease("branch", epoch: 1)])
        let other = try await store.open()
        #expect(try await other.takeLeases(of: ["hq", "lab"]) == [Lease("lab", epoch: 1)])
        try await ledger.releaseLeases(of: ["hq", "branch"])
        try stuck.execute("ROLLBACK")
        #expect(try await other.takeLeases(of: ["hq", "branch"]) == [Lease("branch", epoch: 2)])
    }

    @Test func `a row that is locked for less than seconds is renewed`() async throws {
        async let commit = store.commitWhenAwaited("SELECT 1")
        try await store.awaitRowLock()
        #expect(try await ledger.renewLeases(pollable: []).map(\.appliance).sorted() == ["branch", "hq"])
        _ = try await commit
    }

    @Test func `a process that is stopped in a commit keeps its locks for seconds only`() async throws {
        var former = await ledger.held
        let stopped = try connect(leaseSeconds: 5)
        let other = try await store.open()
        try await store.query("UPDATE darktrace_exporter.lease SET expires = '-infinity'")
        let error = #expect(throws: PostgresError.self) {
            try stopped.transaction { () throws(PostgresError) in
                try former.fence("hq", on: stopped)
                try stopped.run("UPDATE darktrace_exporter.feed SET cursor_ms = 77")
                let free = "SELECT 1 FROM darktrace_exporter.lease WHERE appliance = 'hq' FOR UPDATE SKIP LOCKED"
                let deadline = ContinuousClock.now + .seconds(60)
                while ContinuousClock.now < deadline, store.output(of: free) != "1" { usleep(100_000) }
            }
        }
        #expect(error?.endsConnection == true)
        #expect(try await Sample.steps(in: ledger) == 1)
        try await store.query("UPDATE darktrace_exporter.lease SET expires = '-infinity'")
        #expect(try await other.takeLeases(of: ["hq"]).count == 1)
    }

    @Test func `a take that arrives late changes nothing that was taken since`() async throws {
        var former = await ledger.held
        let proxy = try connect()
        try await endSessions(except: proxy)
        try await ledger.commit(Sample.batch(2))
        #expect(try former.take(["hq"], on: proxy).isEmpty)
        try former.release(["hq"], on: proxy)
        try await ledger.commit(Sample.batch(3))
        #expect(try await Sample.steps(in: ledger) == 3)
    }

    @Test func `the lease of a take whose answer was lost is no right to write, and is taken again`() async throws {
        let holder = await ledger.held.holder
        _ = try await store.open(leases: ["lab"])
        try await store.query(
            "UPDATE darktrace_exporter.lease SET holder = '\(holder)', epoch = 2 WHERE appliance = 'lab'")
        let key = FeedKey(appliance: "lab", feed: "modelbreaches")
        let error = await #expect(throws: LedgerError.self) { try await ledger.commit(Sample.batch(1, key: key)) }
        #expect(error?.reason == .leaseLost)
        #expect(try await ledger.renewLeases(pollable: []).map(\.appliance).sorted() == ["branch", "hq"])
        #expect(try await ledger.takeLeases(of: ["lab"]) == [Lease("lab", epoch: 3)])
        try await ledger.commit(Sample.batch(1, key: key))
    }

    private func connect(leaseSeconds: Double = 600) throws -> PostgresConnection {
        try PostgresConnector(store.configuration(leaseSeconds: leaseSeconds)).connect()
    }

    private func endSessions(except connection: PostgresConnection? = nil) async throws {
        let spared = try connection?.run("SELECT pg_catalog.pg_backend_pid()::bigint").integer(0, 0) ?? 0
        try await store.server.query(
            """
            SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
            WHERE datname = '\(store.database)' AND pid <> \(spared)
            """)
    }
}
