import Ledger
import PostgresLedger
import TestSupport
import Testing

/// What the `state` commands do with a database, also while an exporter uses it.
@Suite struct PostgresStateTests {
    private let store: PostgresStore
    private let ledger: PostgresLedger

    init() async throws {
        store = try await PostgresStore()
        ledger = try await store.open(leases: ["hq", "branch"], replica: "zürich-1")
        for step in 1...3 { try await ledger.commit(Sample.batch(step)) }
        try await ledger.recordURL("https://hq", of: "hq")
        try await ledger.commit(
            WriteBatch(
                key: FeedKey(appliance: "branch", feed: "status"),
                checkpoint: FeedCheckpoint(startMilliseconds: 1, cursorMilliseconds: 2, isComplete: true)))
    }

    private func state() throws -> PostgresState { try PostgresState(store.configuration()) }

    @Test func `what is stored is listed`() async throws {
        let state = try state()
        let appliances = try state.appliances()
        #expect(appliances.map(\.name) == ["branch", "hq"])
        #expect(appliances.map(\.url) == [nil, "https://hq"])
        let feed = try #require(appliances[1].feeds.first)
        #expect(feed.name == "modelbreaches" && feed.rows == 2 && feed.seenRecords == 3)
        #expect(feed.cursorMilliseconds == 3 && !feed.isComplete)
        #expect(appliances[0].feeds.map(\.isComplete) == [true])
        #expect(try state.bytes() > 8_192)
        #expect(try state.findings().isEmpty)
    }

    @Test func `it shows which replica polls which appliance`() async throws {
        _ = try await ledger.renewLeases(pollable: ["hq", "branch"])
        let other = try await store.open(leases: ["lab"], replica: "zürich-2")
        _ = try await other.renewLeases(pollable: ["lab"])
        #expect(try state().isInUse())
        #expect(try state().holders() == ["hq": "zürich-1", "branch": "zürich-1", "lab": "zürich-2"])
        try await ledger.releaseLeases(of: ["hq"])
        try await other.close()
        #expect(try state().holders() == ["branch": "zürich-1"])
        try await store.setLeaseClock(0)
        #expect(try state().holders()?.isEmpty == true)
        #expect(try !state().isInUse())
    }

    @Test func `an appliance that is polled is neither renamed nor forgotten, nor is one renamed to its name`()
        async throws
    {
        try await ledger.releaseLeases(of: ["branch"])
        let state = try state()
        let commands: [() throws -> Void] = [
            { try state.rename("hq", to: "new") }, { try state.rename("branch", to: "hq") }, { try state.forget("hq") },
        ]
        for command in commands {
            let error = #expect(throws: LedgerError.self) { try command() }
            #expect(error?.reason == .leased)
            #expect(error?.detail.hasPrefix("hq is polled by ") == true)
        }
        try await ledger.commit(Sample.batch(4))
        #expect(try await Sample.steps(in: ledger) == 4)
        // Others are not disturbed.
        try state.rename("branch", to: "new")
        try await ledger.commit(Sample.batch(5))
        #expect(try state.appliances().map(\.name) == ["hq", "new"])
        #expect(try await store.query("SELECT appliance FROM darktrace_exporter.lease ORDER BY 1") == "hq\nnew")
    }

    @Test func `an appliance that is renamed keeps its counts, and a holder that slept counts nothing`() async throws {
        try await store.setLeaseClock(0)
        try state().rename("hq", to: "new")
        let error = await #expect(throws: LedgerError.self) { try await ledger.commit(Sample.batch(4)) }
        #expect(error?.reason == .leaseLost)
        #expect(try await ledger.checkpoint(Sample.key) == nil)
        let key = FeedKey(appliance: "new", feed: Sample.key.feed)
        #expect(try await ledger.checkpoint(key)?.cursorMilliseconds == 3)
        #expect(try await ledger.rows(key).count == 2)
        #expect(try await ledger.urls() == ["new": "https://hq"])
        #expect(try await ledger.takeLeases(of: ["new"]).count == 1)
        try await ledger.commit(Sample.batch(4, key: key))
    }

    @Test func `a rename waits for a commit, and is refused as the lease is held`() async throws {
        let state = try state()
        try await ledger.releaseLeases(of: ["hq"])
        // A replica that takes the lease while the command has already begun.
        async let commit = store.commitWhenAwaited(
            """
            UPDATE darktrace_exporter.lease SET holder = 'other', expires = darktrace_exporter.lease_time() + '1 min'
            WHERE appliance = 'hq'
            """)
        try await store.awaitRowLock()
        let error = #expect(throws: LedgerError.self) { try state.rename("hq", to: "new") }
        #expect(error?.reason == .leased)
        _ = try await commit
    }

    @Test func `an appliance that is forgotten leaves nothing, and others are not touched`() async throws {
        try await ledger.releaseLeases(of: ["hq"])
        try state().forget("hq")
        for table in ["ledger_row", "seen_record", "lease WHERE appliance = 'hq'"] {
            #expect(try await store.query("SELECT count(*) FROM darktrace_exporter.\(table)") == "0")
        }
        #expect(try state().appliances().map(\.name) == ["branch"])
        #expect(try await ledger.urls().isEmpty)
        try await ledger.commit(Sample.batch(1, key: FeedKey(appliance: "branch", feed: "modelbreaches")))
    }

    @Test func `names that are not there, or taken, are refused, and stored nowhere`() async throws {
        let state = try state()
        try await ledger.releaseLeases(of: ["hq", "branch"])
        let cases: [(LedgerError.Reason, String, () throws -> Void)] = [
            (.unknownAppliance, "(none)", { try state.forget("none") }),
            (.unknownAppliance, "(none)", { try state.rename("none", to: "x") }),
            (.nameTaken, "(branch)", { try state.rename("hq", to: "branch") }),
        ]
        for (reason, end, command) in cases {
            let error = #expect(throws: LedgerError.self) { try command() }
            #expect(error?.reason == reason)
            #expect("\(try #require(error))".hasSuffix(end))
        }
        #expect(try state.appliances().map(\.name) == ["branch", "hq"])
        #expect(try await store.query("SELECT count(*) FROM darktrace_exporter.lease") == "2")
    }

    @Test func `content that cannot be read is found`() async throws {
        try await store.query("UPDATE darktrace_exporter.ledger_row SET labels = 'broken' WHERE family = 'count'")
        #expect(try state().findings() == ["hq, modelbreaches: unreadable key of a row"])
    }

    @Test func `a database without a ledger is refused, and stays empty`() async throws {
        let empty = try await PostgresStore()
        let error = #expect(throws: LedgerError.self) { _ = try PostgresState(empty.configuration()) }
        #expect(error?.reason == .older)
        #expect(try await empty.query("SELECT to_regnamespace('darktrace_exporter') IS NULL") == "t")
    }
}
