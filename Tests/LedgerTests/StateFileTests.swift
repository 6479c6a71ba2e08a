import Foundation
import Ledger
import SQLiteLedger
import TestSupport
import Testing

/// What the `state` commands do to a file, also while an exporter uses it.
@Suite struct StateFileTests {
    private let fixture: LedgerFixture
    private static let other = FeedKey(appliance: "branch", feed: "modelbreaches")

    init() throws { fixture = try LedgerFixture() }

    @Test func `the list has every appliance and feed, whether an exporter runs or not`() async throws {
        let ledger = try await filled()
        try await ledger.recordURL("https://one", of: "hq")
        try await ledger.recordURL("https://two", of: "hq")
        try expectList(isInUse: true)
        #expect(try await ledger.urls() == ["hq": "https://two"])
        try await ledger.close()
        try expectList(isInUse: false)
        #expect(try fixture.files() == ["ledger.db"])
    }

    private func expectList(isInUse: Bool) throws {
        let file = try StateFile(fixture.path)
        #expect(file.isInUse() == isInUse)
        let appliances = try file.appliances()
        #expect(appliances.map(\.name) == ["branch", "hq"])
        #expect(appliances.map(\.url) == [nil, "https://two"])
        #expect(appliances.map { $0.feeds.map(\.name) } == [["modelbreaches"], ["antigena", "modelbreaches"]])
        #expect(appliances[1].feeds.map(\.rows) == [0, 2])
        #expect(appliances[1].feeds.map(\.seenRecords) == [0, 15])
        #expect(appliances[0].feeds.first?.startMilliseconds == 1)
        #expect(appliances[0].feeds.first?.isComplete == true)
        #expect(try file.bytes() > 8_192)
        #expect(try file.findings().isEmpty)
    }

    @Test func `a renamed appliance goes on counting under its new name, and no other is disturbed`() async throws {
        let ledger = try await filled()
        try await ledger.recordURL("https://one", of: "hq")
        try StateFile(fixture.path).rename("hq", to: "caf\u{e9}")
        #expect(try await ledger.urls() == ["caf\u{e9}": "https://one"])
        let renamed = FeedKey(appliance: "caf\u{e9}", feed: "modelbreaches")
        #expect(try await ledger.rows(renamed).map(\.value) == [5, 15])
        var batch = Sample.batch(6)
        batch.key = renamed
        try await ledger.commit(batch)
        try await ledger.commit(
            WriteBatch(key: Self.other, checkpoint: FeedCheckpoint(startMilliseconds: 1, cursorMilliseconds: 3)))
        try await ledger.close()
        let again = try fixture.open()
        #expect(try await again.rows(renamed).map(\.value) == [6, 21])
        #expect(try await again.keys().map(\.appliance) == ["branch", "caf\u{e9}", "caf\u{e9}"])
    }

    @Test func `a forgotten appliance leaves nothing behind, and can start again`() async throws {
        let ledger = try await filled()
        try await ledger.recordURL("https://one", of: "hq")
        try StateFile(fixture.path).forget("hq")
        #expect(try await ledger.keys() == [Self.other])
        #expect(try await ledger.urls().isEmpty)
        #expect(try await ledger.seenCount() == 0)
        #expect(try await ledger.checkpoint(Sample.key) == nil)
        try await ledger.commit(Sample.batch(1))
        try await ledger.close()
        #expect(try await Sample.steps(in: fixture.open()) == 1)
    }

    @Test(arguments: [true, false])
    func `a poll whose appliance vanished beneath it commits nothing until it has read the ledger again`(
        isRenamed: Bool
    ) async throws {
        let ledger = try await filled()
        if isRenamed {
            try StateFile(fixture.path).rename("hq", to: "new")
        } else {
            try StateFile(fixture.path).forget("hq")
        }
        for _ in 0..<2 {
            let error = await #expect(throws: LedgerError.self) { try await ledger.commit(Sample.batch(6)) }
            #expect(error?.reason == .removed)
        }
        #expect(try await ledger.checkpoint(Sample.key) == nil)
        try await ledger.commit(Sample.batch(1))
        #expect(try await Sample.steps(in: ledger) == 1)
    }

    @Test func `a check that is cancelled ends, and has found nothing`() async throws {
        let ledger = try await filled()
        for step in 6...300 { try await ledger.commit(Sample.batch(step, padding: 100)) }
        let check = Task { try await ledger.verify() }
        check.cancel()
        await #expect(throws: LedgerError.self) { try await check.value }
        #expect(try await ledger.verify().isEmpty)
        try await ledger.commit(Sample.batch(301))
    }

    @Test func `what cannot be done is refused, and changes nothing`() async throws {
        let ledger = try await filled()
        let backup = fixture.path + "-copy"
        try Data("mine".utf8).write(to: URL(filePath: backup))
        let cases: [(LedgerError.Reason, (borrowing StateFile) throws -> Void)] = [
            (.unknownAppliance, { try $0.rename("unknown", to: "x") }), (.unknownAppliance, { try $0.forget("") }),
            (.nameTaken, { try $0.rename("hq", to: "branch") }), (.nameTaken, { try $0.rename("hq", to: "hq") }),
            (.fileExists, { [backup] in try $0.backup(to: backup) }),
            (.directory, { try $0.backup(to: "/nowhere/at/all") }),
        ]
        for (reason, command) in cases {
            let error = #expect(throws: LedgerError.self) { try command(StateFile(fixture.path)) }
            #expect(error?.reason == reason)
        }
        #expect(try String(contentsOfFile: backup, encoding: .utf8) == "mine")
        #expect(try await Sample.steps(in: ledger) == 5)
        #expect(try fixture.files().allSatisfy { !$0.contains(".new-") })
        let missing = #expect(throws: LedgerError.self) { _ = try StateFile(fixture.directory + "/none") }
        #expect(missing?.reason == .missing)
        #expect(!FileManager.default.fileExists(atPath: fixture.directory + "/none"))
    }

    @Test func `damaged content is found, and not hidden by a new name; the appliance can still be forgotten`()
        async throws
    {
        try await filled().close()
        try Connection(path: fixture.path).execute("UPDATE \"row\" SET counted = 99 WHERE part = -1 AND feed = 1")
        let file = try StateFile(fixture.path)
        #expect(try file.findings() == ["hq, modelbreaches: the content does not match its checksum"])
        let error = #expect(throws: LedgerError.self) { try file.rename("hq", to: "new") }
        #expect(error?.reason == .damagedFeed)
        try file.forget("hq")
        #expect(try file.findings().isEmpty)
        let keys = try await fixture.open().keys()
        #expect(keys == [Self.other])
    }

    @Test func `damage while the exporter runs is noticed in the background, and stops that feed alone`() async throws {
        let ledger = try await filled()
        #expect(try await ledger.verify().isEmpty)
        try await ledger.commit(Sample.batch(6))
        try Connection(path: fixture.path).execute("UPDATE mark SET ms = ms + 1 WHERE id = 3")
        #expect(try await ledger.verify().count == 1)
        let error = await #expect(throws: LedgerError.self) { try await ledger.commit(Sample.batch(7)) }
        #expect(error?.reason == .damagedFeed)
        #expect(try await ledger.rows(Self.other).count == 1)
    }

    @Test(.timeLimit(.minutes(30))) func `commits continue during backups, each of which is a whole ledger`()
        async throws
    {
        let ledger = try fixture.open()
        for step in 1...20 { try await ledger.commit(Sample.batch(step, padding: 500)) }
        let path = fixture.path
        let writing = Task { @concurrent in
            var step = 20
            while !Task.isCancelled {
                step += 1
                try await ledger.commit(Sample.batch(step))
            }
            return step
        }
        var last = 20
        for number in 0..<10 {
            let copy = try LedgerFixture()
            try StateFile(path).backup(to: copy.path)
            let copied = try #require(try await Sample.steps(in: copy.open()), "backup \(number) is not whole")
            #expect(copied >= last)
            last = copied
        }
        writing.cancel()
        let steps = try await writing.value
        #expect(last > 20)
        #expect(try await Sample.steps(in: ledger) == steps)
    }

    @Test(.timeLimit(.minutes(30)), arguments: ["rename", "forget", "backup"])
    func `kill -9 in a command leaves it done or not begun, and the running exporter counts on`(command: String)
        async throws
    {
        let ledger = try await filled()
        var big = Sample.batch(6, padding: 20_000)
        big.key = Self.other
        try await ledger.commit(big)
        var random = SeededRNG(seed: 11)
        var step = 5
        var done = 0
        for _ in 0..<12 {
            let patience = UInt32.random(in: 0...30_000, using: &random)
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [path = fixture.path as String, command = command as String, patience = patience as UInt32] in
                try runUntilKilled(command, path, after: patience)
            }
            step += 1
            try await ledger.commit(Sample.batch(step))
            #expect(try await Sample.steps(in: ledger) == step)
            let file = try StateFile(fixture.path)
            #expect(try file.findings().isEmpty)
            let found = try file.appliances().first { $0.name != "hq" }
            let seen = found?.feeds.first?.seenRecords
            switch command {
            case "rename":
                #expect(seen == 20_001)
                if found?.name == "renamed" {
                    done += 1
                    try file.rename("renamed", to: "branch")
                }
            case "forget":
                #expect(seen == 20_001 || seen == nil)
                if seen == nil {
                    done += 1
                    _ = try await ledger.checkpoint(Self.other)
                    try await ledger.commit(big)
                }
            default:
                let copy = fixture.path + "-copy"
                if FileManager.default.fileExists(atPath: copy) {
                    done += 1
                    #expect(try StateFile(copy).findings().isEmpty)
                    try FileManager.default.removeItem(atPath: copy)
                }
            }
        }
        #expect((0...12).contains(done))
    }

    /// A ledger in use: `hq` with five commits and a feed without numbers, `branch` with one number.
    private func filled() async throws -> SQLiteLedger {
        let ledger = try fixture.open()
        for step in 1...5 { try await ledger.commit(Sample.batch(step, padding: 2)) }
        try await ledger.commit(
            WriteBatch(
                key: Self.other,
                changes: [RowUpdate(key: Sample.count, operation: .add(3), createdMilliseconds: 1)],
                checkpoint: FeedCheckpoint(startMilliseconds: 1, cursorMilliseconds: 2, isComplete: true)))
        try await ledger.commit(
            WriteBatch(
                key: FeedKey(appliance: "hq", feed: "antigena"),
                checkpoint: FeedCheckpoint(startMilliseconds: 1, cursorMilliseconds: 2)))
        return ledger
    }
}

/// Runs in the child.
private func runUntilKilled(_ command: String, _ path: String, after microseconds: UInt32) throws {
    let file = try StateFile(path)
    Thread.detachNewThread {
        usleep(microseconds)
        kill(getpid(), SIGKILL)
    }
    switch command {
    case "rename": try file.rename("branch", to: "renamed")
    case "forget": try file.forget("branch")
    default: try file.backup(to: path + "-copy")
    }
    while true { pause() }
}
