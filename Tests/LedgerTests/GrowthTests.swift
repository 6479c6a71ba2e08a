import Foundation
import Ledger
import SQLiteLedger
import Testing

@Suite struct GrowthTests {
    /// A year of four commits a day with 40 records each, kept 30 days.
    @Test func `the file does not grow with time for a constant load`() async throws {
        let fixture = try LedgerFixture()
        let ledger = try fixture.open()
        let day: Int64 = 86_400_000
        var sizes: [Int] = []
        var stored = 0
        for date in 0..<365 {
            for quarter in 0..<4 {
                let now = Int64(date) * day + Int64(quarter) * day / 4
                let records = (0..<40).map { SeenRecord(id: Int64(stored + $0), milliseconds: now + Int64($0) * 1_000) }
                stored += records.count
                var batch = Sample.batch(date * 4 + quarter + 1)
                batch.seen = records
                batch.forgetBeforeMilliseconds = now - 30 * day
                try await ledger.commit(batch)
            }
            try sizes.append(size(fixture, ""))
            #expect(try size(fixture, "-wal") < 5_000_000)
        }
        let steady = sizes[60..<120].max() ?? 0
        #expect(steady > 100_000)
        #expect(sizes[120...].max() ?? 0 <= steady + 2 * 4_096, "a page or two of fragmentation, no trend")
        let kept = try await ledger.unseen(
            (0..<stored).map { SeenRecord(id: Int64($0), milliseconds: Int64($0 / 40) * day / 4) }, in: Sample.key)
        #expect(kept.lastIndex(of: true).map { stored - 1 - $0 } == (30 * 4 + 1) * 40)
    }

    private func size(_ fixture: LedgerFixture, _ suffix: String) throws -> Int {
        // By its name: opening and closing it would take the ledger's lock away.
        try #require(FileManager.default.attributesOfItem(atPath: fixture.path + suffix)[.size] as? Int)
    }
}
