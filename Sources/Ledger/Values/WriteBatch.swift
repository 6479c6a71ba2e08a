/// What one answer adds to a feed; it is there as a whole or not at all.
package struct WriteBatch: Sendable, Equatable {
    package var key: FeedKey
    package var changes: [RowUpdate]
    /// The records that were counted.
    package var seen: [SeenRecord]
    /// Marks older than this, in milliseconds since 1970, may be forgotten.
    package var forgetBeforeMilliseconds: Int64?
    package var checkpoint: FeedCheckpoint

    package init(
        key: FeedKey, changes: [RowUpdate] = [], seen: [SeenRecord] = [], forgetBeforeMilliseconds: Int64? = nil,
        book: FeedCheckpoint
    ) {
        self.key = key
        self.changes = changes
        self.seen = seen
        self.forgetBeforeMilliseconds = forgetBeforeMilliseconds
        self.checkpoint = book
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
