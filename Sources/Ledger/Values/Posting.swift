/// What one answer adds to a feed; it is there as a whole or not at all.
package struct Posting: Sendable, Equatable {
    package var key: FeedKey
    package var changes: [Change]
    /// The records that were counted.
    package var seen: [Mark]
    /// Marks older than this, in milliseconds since 1970, may be forgotten.
    package var forgetBeforeMilliseconds: Int64?
    package var book: Book

    package init(
        key: FeedKey, changes: [Change] = [], seen: [Mark] = [], forgetBeforeMilliseconds: Int64? = nil, book: Book
    ) {
        self.key = key
        self.changes = changes
        self.seen = seen
        self.forgetBeforeMilliseconds = forgetBeforeMilliseconds
        self.book = book
    }
}

/// What a commit did to the marks.
package struct Receipt: Sendable, Equatable {
    /// Marks that are stored now and were not before.
    package let stored: Int
    /// Marks that were stored already, or stood twice in the posting.
    package let repeated: Int
    /// Old marks that were forgotten; the rest of a large lot goes with the next commits.
    package let forgotten: Int

    package init(stored: Int, repeated: Int, forgotten: Int) {
        self.stored = stored
        self.repeated = repeated
        self.forgotten = forgotten
    }
}
