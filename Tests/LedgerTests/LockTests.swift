import Foundation
import Ledger
import Testing

@Suite struct LockTests {
    @Test func `a second ledger on the file is refused at once, in this process and in another`() async throws {
        let fixture = try LedgerFixture()
        let ledger = try fixture.open()
        // Twice: being refused must not cost the first one its lock. (Reading the file here would: POSIX takes a
        // process's locks away when it closes any descriptor of the file.)
        for step in 1...2 {
            let error = #expect(throws: LedgerError.self) { _ = try fixture.open() }
            #expect(error?.reason == .busy)
            await #expect(processExitsWith: .exitCode(3)) { [path = fixture.path as String] in
                do throws(LedgerError) {
                    _ = try Ledger(.file(path), executor: LedgerQueue())
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
                group.addTask { @concurrent () -> (ledger: Ledger?, error: LedgerError?) in
                    do throws(LedgerError) {
                        return (try Ledger(.file(fixture.path), executor: LedgerQueue()), nil)
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
        #expect(files == ["ledger.db", "ledger.db-wal"])
        for file in files {
            let facts = try FileManager.default.attributesOfItem(atPath: fixture.directory + "/" + file)
            #expect(facts[.posixPermissions] as? Int == 0o600)
        }
    }

    @Test(arguments: ["ledger", ":memory:", "file:x?mode=memory", "a b"])
    func `a path is a path, whatever it looks like`(_ name: String) async throws {
        let fixture = try LedgerFixture()
        try await Ledger(.file(fixture.directory + "/" + name), executor: LedgerQueue()).close()
        #expect(try fixture.files() == [name])
    }
}
