package import Darktrace

/// How one tick of a feed went, whatever requests it took.
package struct PollReport: Sendable, Equatable {
    /// What is polled.
    package let feed: FeedKind
    package let seconds: Double
    /// Nil when all went well.
    package let failure: Failure?
    /// Records that were counted for the first time.
    package let counted: Int
    /// Records that could not be counted, each once.
    package let unreadable: Int
    /// Everything created up to here has been asked for, in milliseconds of this machine's clock; nil before the
    /// first commit.
    package let cursorMilliseconds: Int64?
    /// Whether the whole first lookback is committed.
    package let isComplete: Bool
    /// The delay until the next attempt when the feed backs off after a failure.
    package let retrySeconds: Double?

    package init(
        feed: FeedKind, seconds: Double, failure: Failure? = nil, counted: Int = 0, unreadable: Int = 0,
        cursorMilliseconds: Int64? = nil, isComplete: Bool = false, retrySeconds: Double? = nil
    ) {
        self.feed = feed
        self.seconds = seconds
        self.failure = failure
        self.counted = counted
        self.unreadable = unreadable
        self.cursorMilliseconds = cursorMilliseconds
        self.isComplete = isComplete
        self.retrySeconds = retrySeconds
    }

    /// Why a poll did not succeed.
    package struct Failure: Error, Sendable, Equatable {
        package let reason: Reason
        /// One line that says what is wrong and what to do.
        package let detail: String
        /// Why the request failed, when `reason` is `request`.
        package let apiReason: APIError.Reason?

        package init(_ reason: Reason, _ detail: String, apiReason: APIError.Reason? = nil) {
            self.reason = reason
            self.apiReason = apiReason
            self.detail = detail
        }
    }

    /// The label values of `darktrace_poll_failures_total`: a closed set.
    package enum Reason: String, Sendable, CaseIterable {
        /// The appliance did not give a whole answer.
        case request
        /// A token could not be read.
        case secret
        /// The ledger could not be read or written; the same window is asked again.
        case ledger
        /// The requests of this minute were used up before the tick could send one.
        case budget
        /// No record of the answer could be read; the same window is asked again.
        case records
    }
}
