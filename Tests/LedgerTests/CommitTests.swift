import Ledger
import Testing

@Suite struct CommitTests {
    @Test func `a commit is read back`() async throws {
        let ledger = try Ledger(.memory, executor: LedgerQueue())
        let key = FeedKey(appliance: "hq", feed: "modelbreaches")
        let row = RowKey(family: "f", labels: ["a", ""])
        let book = Book(startMilliseconds: 1, cursorMilliseconds: 2, notes: ["a": "b"])
        try await ledger.commit(
            Posting(
                key: key, changes: [Change(key: row, operation: .add(2), bornMilliseconds: 3)],
                seen: [Mark(id: -1, milliseconds: 5)], book: book))
        #expect(try await ledger.book(key) == book)
        #expect(
            try await ledger.rows(key) == [
                Row(key: row, counted: 2, told: 2, isHeld: false, newest: nil, bornMilliseconds: 3)
            ])
        #expect(
            try await ledger.unknown([Mark(id: -1, milliseconds: 60005), Mark(id: -1, milliseconds: 60006)], in: key)
                == [false, true])
    }
}
