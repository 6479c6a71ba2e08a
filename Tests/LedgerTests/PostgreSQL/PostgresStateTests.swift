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
        ledger = try await store.open(leaseSeconds: 600)
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

    @Test func `it shows whether an exporter uses the ledger`() async throws {
        #expect(try state().isInUse())
        try await ledger.close()
        #expect(try !state().isInUse())
    }

    @Test func `an appliance that is renamed keeps its counts, and a poll of the old name is refused`() async throws {
        _ = try await ledger.checkpoint(Sample.key)
        try state().rename("hq", to: "new")
        let error = await #expect(throws: LedgerError.self) { try await ledger.commit(Sample.batch(4)) }
        #expect(error?.reason == .removed)
        #expect(try await ledger.checkpoint(Sample.key) == nil)
        let key = FeedKey(appliance: "new", feed: Sample.key.feed)
        #expect(try await ledger.checkpoint(key)?.cursorMilliseconds == 3)
        #expect(try await ledger.rows(key).count == 2)
        #expect(try await ledger.urls() == ["new": "https://hq"])
    }

    @Test func `an appliance that is forgotten leaves nothing, and others are not touched`() async throws {
        try state().forget("hq")
        for table in ["ledger_row", "seen_record"] {
            #expect(try await store.query("SELECT count(*) FROM darktrace_exporter.\(table)") == "0")
        }
        #expect(try state().appliances().map(\.name) == ["branch"])
        #expect(try await ledger.urls().isEmpty)
    }

    @Test func `names that are not there, or taken, are refused`() throws {
        let state = try state()
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
