import Dispatch
import Ledger
import Locking
import TestSupport
import Testing

@testable import PostgresLedger

/// Connections to one of several servers, or of several addresses of one.
@Suite struct PostgresHostsTests {
    /// Opens a ledger of a database through a list of hosts: first the silent one, then the real one.
    private func ledger(_ store: PostgresStore, behind silent: SilentListener) throws -> PostgresLedger {
        let hosts = "host=127.0.0.1,\(store.server.directory)&port=\(silent.port),5432"
        let configuration = PostgresConfiguration(
            url: { .success("postgresql://postgres@/\(store.database)?\(hosts)") }, place: "state.postgres_url",
            leaseSeconds: 600)
        return try PostgresLedger(configuration, executor: LedgerQueue())
    }

    @Test func `a host that does not answer is left for the next one, which is the first one from then on`()
        async throws
    {
        let silent = try SilentListener()
        let store = try await PostgresStore()
        let ledger = try ledger(store, behind: silent)
        _ = try await ledger.takeLeases(of: ["hq"])
        try await ledger.commit(Sample.batch(1))
        let attempts = silent.accepted()
        #expect(attempts > 0)
        try await store.query(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '\(store.database)' "
                + "AND pid <> pg_backend_pid()")
        try await ledger.commit(Sample.batch(2))
        #expect(silent.accepted() == attempts)
        #expect(try await Sample.steps(in: ledger) == 2)
    }

    @Test func `a failure names every server that was tried`() throws {
        let silent = try SilentListener()
        let configuration = PostgresConfiguration(
            url: { .success("postgresql://u:sesame@127.0.0.1,nothing.invalid,%2Fnowhere/d?port=\(silent.port),1,1") },
            place: "state.postgres_url")
        let error = #expect(throws: LedgerError.self) {
            _ = try PostgresLedger(configuration, executor: LedgerQueue())
        }
        #expect(error?.reason == .unreachable)
        let line = "\(try #require(error))"
        for part in ["127.0.0.1: no answer in time", "nothing.invalid: ", "/nowhere"] { #expect(line.contains(part)) }
        #expect(!line.contains("sesame"))
    }

    @Test(
        arguments: [
            (nil, nil, nil, [("", nil, nil)]), ("one", nil, "5433", [("one", nil, "5433")]),
            ("one,two", nil, nil, [("one", nil, nil), ("two", nil, nil)]),
            ("one,two", nil, "1", [("one", nil, "1"), ("two", nil, "1")]),
            ("one,two", ",10.0.0.2", "1,", [("one", nil, "1"), ("two", "10.0.0.2", nil)]),
            (nil, "::1,10.0.0.2", nil, [("", "::1", nil), ("", "10.0.0.2", nil)]), ("one,two", nil, "1,2,3", nil),
            ("one", "10.0.0.1,10.0.0.2", nil, nil),
        ] as [(String?, String?, String?, [(String, String?, String?)]?)])
    func `lists of hosts, addresses and ports belong together`(
        _ names: String?, _ addresses: String?, _ ports: String?, _ expected: [(String, String?, String?)]?
    ) {
        #expect(
            PostgresHost.list(names: names, addresses: addresses, ports: ports)
                == expected?.map { PostgresHost(name: $0, address: $1, port: $2) })
    }

    @Test func `a name that is resolved too late is known at the next attempt`() throws {
        let answered = DispatchSemaphore(value: 0)
        let lookups = Locked(0)
        let resolver = HostResolver { name in
            lookups.withLock { $0 += 1 }
            answered.wait()
            return .success(["10.0.0.1"])
        }
        let late = #expect(throws: PostgresError.self) {
            try resolver.addresses(of: "db", before: Deadline(seconds: 0.01))
        }
        #expect(late?.kind == .late)
        answered.signal()
        #expect(try resolver.addresses(of: "db", before: Deadline(seconds: 60)) == ["10.0.0.1"])
        #expect(lookups.withLock { $0 } == 1)
        answered.signal()
        #expect(try resolver.addresses(of: "db", before: Deadline(seconds: 60)) == ["10.0.0.1"])
        #expect(lookups.withLock { $0 } == 2, "what was found is not kept")
    }

    @Test func `what was found for a host that was not needed is looked up again later`() async throws {
        let lookups = Locked(0)
        let resolver = HostResolver(usableSeconds: 0) { _ in
            lookups.withLock { $0 += 1 }
            return .success([])
        }
        // The first one may not have ended when its function returns.
        try await #require(
            eventually {
                resolver.begin(["db"])
                return lookups.withLock { $0 } > 1
            } as Bool)
    }

    @Test func `an address is its own address, and this machine has one`() throws {
        let resolver = HostResolver()
        #expect(try resolver.addresses(of: "10.0.0.1", before: Deadline(seconds: 60)) == ["10.0.0.1"])
        #expect(
            try resolver.addresses(of: "localhost", before: Deadline(seconds: 60)).contains {
                ["127.0.0.1", "::1"].contains($0)
            })
    }
}
