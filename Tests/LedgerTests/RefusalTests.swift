import Foundation
import Ledger
import SQLiteLedger
import TestSupport
import Testing

/// Whatever the file is instead of a ledger: it is refused, named, and kept.
@Suite struct RefusalTests {
    private let fixture: LedgerFixture

    init() throws { fixture = try LedgerFixture() }

    @Test(arguments: ["", "x", "appliances:\n  - name: hq\n", String(repeating: "breach ", count: 5_000)])
    func `a file that is no database`(_ text: String) throws {
        try fixture.write(Data(text.utf8))
        try fixture.expectRefusal([.notDatabase])
        #expect(try fixture.files() == ["ledger.db"])
    }

    @Test(arguments: ["CREATE TABLE bird (name TEXT)", "PRAGMA user_version = 1", "PRAGMA application_id = 7"])
    func `a database of another program`(_ sql: String) throws {
        try fixture.write(Data())
        try make(sql)
        try fixture.expectRefusal([.foreign])
        try make("PRAGMA journal_mode = WAL")
        try fixture.expectRefusal([.foreign])
    }

    @Test(arguments: ["start_ms = 9223372036854775807", "cursor_ms = -9223372036854775808"])
    func `a time that no clock can have shown is damage, not a crash`(_ change: String) async throws {
        try await fixture.fill(steps: 3)
        try make("UPDATE feed SET \(change)")
        try fixture.expectRefusal([.damaged])
    }

    @Test func `a ledger of a newer version`() async throws {
        let newer = Migration.all + [Migration(version: 4, sql: "CREATE TABLE later (x INTEGER) STRICT")]
        try await fixture.open(migrations: newer).close()
        try fixture.expectRefusal([.newer])
    }

    @Test(arguments: [1, 15, 16, 99, 100, 511, 512, 513, 4_095, 4_096, 4_097, 8_192, -4_096, -1])
    func `a truncated ledger`(size: Int) async throws {
        let whole = try await fixture.fill(steps: 20, padding: 200)
        try fixture.write(whole.prefix(size > 0 ? size : whole.count + size))
        try fixture.expectRefusal([.damaged, .notDatabase])
    }

    @Test func `a ledger with any one page of garbage`() async throws {
        let whole = try await fixture.fill(steps: 20, padding: 200)
        var random = SeededRNG(seed: 1)
        #expect(whole.count > 20 * 4_096)
        for page in 0..<(whole.count / 4_096) {
            var broken = whole
            // The first page is left its header, or it would be no database at all.
            for index in (page * 4_096 + (page == 0 ? 100 : 0))..<((page + 1) * 4_096) {
                broken[index] = UInt8.random(in: 0...255, using: &random)
            }
            try fixture.write(broken)
            try fixture.expectRefusal([.damaged])
        }
    }

    @Test func `a directory in its place`() throws {
        try FileManager.default.createDirectory(atPath: fixture.path, withIntermediateDirectories: false)
        try fixture.expectRefusal([.notDatabase])
    }

    @Test func `a directory that is not there`() throws {
        try FileManager.default.removeItem(atPath: fixture.directory)
        try fixture.expectRefusal([.directory])
    }

    @Test(arguments: ["-wal", "-journal"])
    func `a log whose ledger is gone`(_ suffix: String) throws {
        try fixture.write(Data("anything".utf8), to: suffix)
        try fixture.expectRefusal([.orphanedLog])
        #expect(try fixture.files() == ["ledger.db" + suffix], "no new ledger was begun")
    }

    @Test(arguments: ["-wal", "-journal"])
    func `an empty log holds nothing, and blocks no start`(_ suffix: String) async throws {
        try fixture.write(Data(), to: suffix)
        let ledger = try fixture.open()
        try await ledger.commit(Sample.batch(1))
    }

    @Test(arguments: ["", "-wal"])
    func `a file that vanishes while open stops the commits until it is back`(_ suffix: String) async throws {
        let ledger = try fixture.open()
        try await ledger.commit(Sample.batch(1))
        let path = fixture.path + suffix
        try FileManager.default.moveItem(atPath: path, toPath: path + "-away")
        let error = await #expect(throws: LedgerError.self) { try await ledger.commit(Sample.batch(2)) }
        #expect(error?.reason == .moved)
        try FileManager.default.moveItem(atPath: path + "-away", toPath: path)
        try await ledger.commit(Sample.batch(2))
        try await ledger.close()
        #expect(try await Sample.steps(in: fixture.open()) == 2)
    }

    @Test func `a directory that vanishes while open stops the commits`() async throws {
        let ledger = try fixture.open()
        try await ledger.commit(Sample.batch(1))
        try FileManager.default.removeItem(atPath: fixture.directory)
        let error = await #expect(throws: LedgerError.self) { try await ledger.commit(Sample.batch(2)) }
        #expect(error?.reason == .moved)
        #expect(try await Sample.steps(in: ledger) == 1)
    }

    @Test(arguments: LedgerError.Reason.allCases)
    func `every reason is one line that names the file and says what to do`(_ reason: LedgerError.Reason) {
        let line = "\(LedgerError(reason, .file("/var/lib/x.db"), "a\nb\r\nc"))"
        #expect(line.hasPrefix("/var/lib/x.db: ") && line.hasSuffix("(a b c)"))
        #expect(!line.contains(where: \.isNewline) && line.count < 200)
    }

    private func make(_ sql: String) throws { try Connection(path: fixture.path).execute(sql) }
}
