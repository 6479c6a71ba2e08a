/// What a ledger stores for one appliance.
package struct StoredAppliance: Sendable, Equatable {
    package let name: String
    /// The URL at which it was polled last; nil if that was by a version that did not record it.
    package let url: String?
    package var feeds: [StoredFeed] = []

    package init(name: String, url: String?) {
        self.name = name
        self.url = url
    }
}

/// What a ledger stores for one feed.
package struct StoredFeed: Sendable, Equatable {
    package let appliance: String
    /// Such as `modelbreaches`.
    package let name: String
    /// Milliseconds since 1970.
    package let startMilliseconds: Int64
    /// Milliseconds since 1970, by the appliance's clock.
    package let cursorMilliseconds: Int64
    /// Whether the whole first lookback is committed.
    package let isComplete: Bool
    /// The number of its numbers.
    package let rows: Int
    package let seenRecords: Int

    package init(_ key: FeedKey, _ checkpoint: FeedCheckpoint, rows: Int, seenRecords: Int) {
        appliance = key.appliance
        name = key.feed
        startMilliseconds = checkpoint.startMilliseconds
        cursorMilliseconds = checkpoint.cursorMilliseconds
        isComplete = checkpoint.isComplete
        self.rows = rows
        self.seenRecords = seenRecords
    }
}
