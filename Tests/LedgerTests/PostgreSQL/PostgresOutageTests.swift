import Foundation
import Ledger
import Locking
import PostgresLedger
import TestSupport
import Testing

/// Nothing is lost while the server is away, and nothing is counted twice.
@Suite struct PostgresOutageTests {
    @Test(arguments: [PostgresServer.Stop.fast, .immediate])
    func `while the server is away every call says so, and afterwards everything continues`(
        _ mode: PostgresServer.Stop
    ) async throws {
        let server = try await PostgresServer(settings: ["fsync=on"])
        let store = try await PostgresStore(on: server)
        let ledger = try await store.open(leases: ["hq"])
        try await ledger.commit(Sample.batch(1))
        try await server.stop(mode)
        for _ in 0..<3 {
            let commit = await #expect(throws: LedgerError.self) { try await ledger.commit(Sample.batch(2)) }
            #expect(commit?.reason == .unreachable)
            let read = await #expect(throws: LedgerError.self) { _ = try await ledger.checkpoint(Sample.key) }
            #expect(read?.reason == .unreachable)
        }
        try await server.start()
        #expect(try await eventually { (try? await ledger.keys()) != nil })
        #expect(try await Sample.steps(in: ledger) == 1)
        try await ledger.commit(Sample.batch(2))
        #expect(try await Sample.steps(in: ledger) == 2)
    }

    @Test func `a restart of the server between two calls is not noticed`() async throws {
        let server = try await PostgresServer()
        let ledger = try await PostgresStore(on: server).open(leases: ["hq"])
        for step in 1...3 {
            try await ledger.commit(Sample.batch(step))
            try await server.stop(.fast)
            try await server.start()
            #expect(try await Sample.steps(in: ledger) == step)
            try await server.stop(.fast)
            try await server.start()
        }
    }

    /// The reads that were ended since the last commit.
    private final class Reads: Sendable {
        let failed = Locked(0)
    }

    /// Sessions are ended at random instants: in a statement, between two, in a commit.
    @Test func `sessions that end at any instant leave every commit whole, and known after it is read again`()
        async throws
    {
        let store = try await PostgresStore()
        let ledger = try await store.open(leases: ["hq"])
        let reads = Reads()
        let killer = Task {
            var random = SeededRNG(seed: 5)
            while !Task.isCancelled {
                try await Task.sleep(for: .milliseconds(Int.random(in: 1...40, using: &random)))
                // On a busy machine a read takes longer than any pause.
                if reads.failed.withLock({ $0 > 20 }) { continue }
                try await store.server.query(
                    """
                    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE datname = '\(store.database)' AND backend_type = 'client backend'
                    """)
            }
        }
        var (step, failures) = (0, 0)
        while step < 300 {
            do {
                try await ledger.commit(Sample.batch(step + 1, padding: 20))
                step += 1
            } catch {
                failures += 1
                var found: Int?
                #expect(
                    try await eventually(seconds: 100) {
                        // A read may be ended as well.
                        found = (try? await Sample.steps(in: ledger)) ?? nil
                        reads.failed.withLock { $0 += 1 }
                        return found != nil
                    } as Bool)
                reads.failed.withLock { $0 = 0 }
                #expect(found == step || found == step + 1)
                step = found ?? step
            }
        }
        killer.cancel()
        _ = await killer.result
        #expect(try await Sample.steps(in: ledger) == 300)
    }

    @Test func `a server that does not answer is given up after a few seconds, and hundreds of calls after one wait`()
        async throws
    {
        let silent = try SilentListener()
        let configuration = PostgresConfiguration(
            url: { .success("postgresql://u@127.0.0.1:\(silent.port)/d") }, place: "state.postgres_url")
        let begin = ContinuousClock.now
        let error = #expect(throws: LedgerError.self) {
            _ = try PostgresLedger(configuration, executor: LedgerQueue())
        }
        #expect(error?.reason == .unreachable)
        #expect(ContinuousClock.now - begin < .seconds(60))
    }

    @Test func `a read of rows is given up when nothing comes, long before a lease ends`() async throws {
        let store = try await PostgresStore()
        let ledger = try await store.open(leases: ["hq"])
        try await ledger.commit(Sample.batch(1))
        let locked = Task {
            try? await store.query("BEGIN; LOCK TABLE darktrace_exporter.ledger_row; SELECT pg_sleep(600)")
        }
        #expect(
            try await eventually {
                try await store.query("SELECT 1 FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted") == "1"
            } as Bool)
        let begin = ContinuousClock.now
        let error = await #expect(throws: LedgerError.self) { _ = try await Sample.steps(in: ledger) }
        #expect(error?.reason == .unreachable)
        #expect(ContinuousClock.now - begin < .seconds(25), "shorter than the default lease of 30 s")
        try await store.query(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)' "
                + "AND datname = '\(store.database)' AND pid <> pg_backend_pid()")
        _ = await locked.value
        #expect(try await Sample.steps(in: ledger) == 1)
    }

    @Test func `the URL is read again at every connection`() async throws {
        let store = try await PostgresStore()
        let directory = try TemporaryDirectory()
        try directory.write("url", store.server.url(store.database))
        let path = directory.path("url")
        let configuration = PostgresConfiguration(
            url: {
                (try? String(contentsOfFile: path, encoding: .utf8)).map { .success($0) }
                    ?? .failure(LedgerError(.url, .database(path)))
            }, place: "state.postgres_url_file")
        let ledger = try PostgresLedger(configuration, executor: LedgerQueue())
        _ = try await ledger.takeLeases(of: ["hq"])
        try await ledger.commit(Sample.batch(1))
        // The password is changed: a new role, and the old one may not log in any more.
        let role = "r" + store.database
        try await store.query("CREATE ROLE \(role) SUPERUSER LOGIN")
        try directory.write("url", store.server.url(store.database, user: role))
        try await store.query(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '\(store.database)' "
                + "AND pid <> pg_backend_pid()")
        try await ledger.commit(Sample.batch(2))
        let users = try await store.query(
            "SELECT usename FROM pg_stat_activity WHERE datname = '\(store.database)' AND pid <> pg_backend_pid()")
        #expect(users == role)
    }
}
