import Foundation
import Ledger
import Testing

@Suite struct TornLogTests {
    /// A power cut leaves any part of what was not synced yet; here any prefix of the log is all there is.
    @Test func `a log cut anywhere gives the state after some whole commit`() async throws {
        let bench = try LedgerFixture()
        let ledger = try bench.open()
        for step in 1...12 { try await ledger.commit(Sample.posting(step, padding: 30)) }
        let (file, log) = (try bench.bytes(), try bench.bytes(of: "-wal"))
        try await ledger.close()

        var found: Set<Int> = []
        var last = 0
        for size in Array(stride(from: 0, to: log.count, by: 1_033)) + [log.count] {
            try bench.write(file)
            try bench.write(log.prefix(size), to: "-wal")
            let torn = try bench.open()
            let steps = try #require(try await Sample.steps(in: torn), "cut at \(size): a commit is there by halves")
            #expect(steps >= last, "a longer log holds no less")
            last = steps
            found.insert(steps)
            try await torn.commit(Sample.posting(steps + 1))
            #expect(try await Sample.steps(in: torn) == steps + 1)
            try await torn.close()
        }
        #expect(found == Set(0...12))
    }

    @Test func `a ledger that is dropped without close is read from its log`() async throws {
        for round in 0..<100 {
            let bench = try LedgerFixture()
            try await commit(round % 3 + 1, to: bench)
            #expect(try await Sample.steps(in: bench.open()) == round % 3 + 1)
        }
    }

    private func commit(_ steps: Int, to bench: LedgerFixture) async throws {
        let ledger = try bench.open()
        for step in 1...steps { try await ledger.commit(Sample.posting(step)) }
    }
}
