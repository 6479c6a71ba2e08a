import Foundation
import Ledger
import SQLiteLedger
import Testing

@Suite struct TornLogTests {
    /// A power cut leaves any part of what was not synced yet; here any prefix of the log is all there is.
    @Test func `a log cut anywhere gives the state after some whole commit`() async throws {
        let fixture = try LedgerFixture()
        let ledger = try fixture.open()
        for step in 1...12 { try await ledger.commit(Sample.batch(step, padding: 30)) }
        let (file, log) = (try fixture.bytes(), try fixture.bytes(of: "-wal"))
        try await ledger.close()

        var found: Set<Int> = []
        var last = 0
        for size in Array(stride(from: 0, to: log.count, by: 1_033)) + [log.count] {
            try fixture.write(file)
            try fixture.write(log.prefix(size), to: "-wal")
            let torn = try fixture.open()
            let steps = try #require(try await Sample.steps(in: torn), "cut at \(size): a commit is there by halves")
            #expect(steps >= last, "a longer log holds no less")
            last = steps
            found.insert(steps)
            try await torn.commit(Sample.batch(steps + 1))
            #expect(try await Sample.steps(in: torn) == steps + 1)
            try await torn.close()
        }
        #expect(found == Set(0...12))
    }

    @Test func `a ledger that is dropped without close is read from its log`() async throws {
        for round in 0..<100 {
            let fixture = try LedgerFixture()
            try await commit(round % 3 + 1, to: fixture)
            #expect(try await Sample.steps(in: fixture.open()) == round % 3 + 1)
        }
    }

    private func commit(_ steps: Int, to fixture: LedgerFixture) async throws {
        let ledger = try fixture.open()
        for step in 1...steps { try await ledger.commit(Sample.batch(step)) }
    }
}
