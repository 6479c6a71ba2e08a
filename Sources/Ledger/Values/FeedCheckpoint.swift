/// What a feed remembers besides its numbers.
package struct FeedCheckpoint: Sendable, Equatable {
    /// Records created since then are counted, in milliseconds since 1970; the first commit of a feed fixes it.
    package var startMilliseconds: Int64
    /// Everything created up to here was asked for, in milliseconds of the appliance's clock; it may go back.
    package var cursorMilliseconds: Int64
    /// Whether the whole first lookback is committed.
    package var isComplete: Bool
    /// Small facts worth remembering over a restart, such as which form of the request an appliance needs.
    package var metadata: [String: String]

    package init(
        startMilliseconds: Int64, cursorMilliseconds: Int64, isComplete: Bool = false, notes: [String: String] = [:]
    ) {
        self.startMilliseconds = startMilliseconds
        self.cursorMilliseconds = cursorMilliseconds
        self.isComplete = isComplete
        self.metadata = notes
    }
}
