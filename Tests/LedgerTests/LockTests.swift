import Foundation
import Testing

@testable import Ledger
@testable import SQLiteLedger

@Suite struct LockTests {
    @Test func `a second ledger on the file is refused at once, in this process and in another`() async throws {
        let fixture = try LedgerFixture()
        let ledger = try fixture.open()
        // Twice: being refused must not cost the first one its lock.
        for step in 1...2 {
            let error = #expect(throws: LedgerError.self) { _ = try fixture.open() }
            #expect(error?.reason == .busy)
            await #expect(processExitsWith: .exitCode(3)) { [path = fixture.path as String] in
                do throws(LedgerError) {
                    _ = try SQLiteLedger(.file(path), executor: LedgerQueue())
                } catch {
                    exit(error.reason == .busy ? 3 : 4)
                }
            }
            try await ledger.commit(Sample.batch(step))
        }
        try await ledger.close()
        #expect(try await Sample.steps(in: fixture.open()) == 2)
    }

    @Test func `several first starts at the same time make one ledger`() async throws {
        let fixture = try LedgerFixture()
        let reasons = await withTaskGroup { group in
            for _ in 0..<8 {
                group.addTask { @concurrent () -> (ledger: SQLiteLedger?, error: LedgerError?) in
                    do throws(LedgerError) {
                        return (try SQLiteLedger(.file(fixture.path), executor: LedgerQueue()), nil)
                    } catch {
                        return (nil, error)
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(reasons.filter { $0.ledger != nil }.count == 1)
        #expect(reasons.compactMap(\.error?.reason).allSatisfy { $0 == .busy })
        #expect(try fixture.files().allSatisfy { !$0.contains(".new-") })
    }

    @Test func `all files are for their owner alone`() async throws {
        let fixture = try LedgerFixture()
        let ledger = try fixture.open()
        try await ledger.commit(Sample.batch(1))
        let files = try fixture.files()
        #expect(files == ["ledger.db", "ledger.db-shm", "ledger.db-wal", "ledger.db.lock"])
        for file in files {
            let facts = try FileManager.default.attributesOfItem(atPath: fixture.directory + "/" + file)
            #expect(facts[.posixPermissions] as? Int == 0o600)
        }
    }

    @Test func `a process that was killed leaves no lock, and a lock file that was removed stops the commits`()
        async throws
    {
        let fixture = try LedgerFixture()
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = fixture.path as String] in
            let ledger = try SQLiteLedger(.file(path), executor: LedgerQueue())
            try await ledger.commit(Sample.batch(1))
            kill(getpid(), SIGKILL)
        }
        #expect(try fixture.files().contains("ledger.db.lock"))
        let ledger = try fixture.open()
        try await ledger.commit(Sample.batch(2))
        try FileManager.default.removeItem(atPath: fixture.path + ".lock")
        let error = await #expect(throws: LedgerError.self) { try await ledger.commit(Sample.batch(3)) }
        #expect(error?.reason == .moved && error?.detail == fixture.path + ".lock")
        let second = try fixture.open()
        #expect(try await Sample.steps(in: second) == 2)
        try await ledger.close()
        #expect(throws: LedgerError.self, "the first one did not remove the lock of the second") {
            _ = try fixture.open()
        }
        try await second.commit(Sample.batch(3))
    }

    @Test(arguments: [
        (EAGAIN, LedgerError.Reason.busy), (EACCES, .busy), (ENOLCK, .noLocks), (EOPNOTSUPP, .noLocks),
        (ENOSYS, .noLocks),
        (EINVAL, .noLocks), (EIO, .inputOutput), (ENOSPC, .full),
    ])
    func `a file system without locks is named as the cause, and no other exporter`(
        systemError: Int32, reason: LedgerError.Reason
    ) {
        let error = LedgerLock.error(systemError, LedgerFile("/x/state.db"))
        #expect(error.reason == reason)
        #expect("\(error)".contains("another exporter") == (reason == .busy))
    }

    @Test(arguments: ["ledger", ":memory:", "file:x?mode=memory", "a b"])
    func `a path is a path, whatever it looks like`(_ name: String) async throws {
        let fixture = try LedgerFixture()
        try await SQLiteLedger(.file(fixture.directory + "/" + name), executor: LedgerQueue()).close()
        #expect(try fixture.files() == [name])
    }
}
