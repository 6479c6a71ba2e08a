package import Darktrace
package import Ledger

/// An event of one appliance, for logs and self-metrics.
package struct Event: Sendable {
    package let appliance: String
    package let kind: Kind

    package init(appliance: String, _ kind: Kind) {
        self.appliance = appliance
        self.kind = kind
    }

    /// What happened. Indirect: pollers keep events in their frames while they wait.
    package indirect enum Kind: Sendable {
        /// Polling starts with this configuration: at the start, or after a reload that added or changed the appliance.
        case started(PollConfiguration)
        /// The appliance is no longer configured and its last poll has ended.
        case removed
        /// A request to this path is about to be sent.
        case attemptBegan(path: String)
        /// A request ended: with a response, an error or a cancellation.
        ///
        /// `isUnavailable`: the error shows that an optional feed is not available on this appliance.
        case attemptEnded(Attempt, isUnavailable: Bool)
        /// The first attempt ended, successful or not: it is known whether the appliance can be reached.
        case firstAttemptEnded
        /// A backfill has read another part of the history.
        case backfillProgress(BackfillProgress)
        /// A poll of a feed ended.
        case pollEnded(PollReport)
        /// The appliance's clock minus ours, in seconds, by a complete response or an error response.
        case clockSkew(seconds: Double)
        /// The appliance's clock moved by this much against the monotonic clock.
        case clockStepped(seconds: Double)
        /// A new ledger starts by the exporter's own clock, because `Date` is this far from it: too far for a signature.
        case startedByOwnClock(skewSeconds: Double)
        /// A ledger started in the future, and starts again from the past; both in milliseconds since 1970.
        case startRepaired(fromMilliseconds: Int64, to: Int64)
        /// A transaction was committed.
        case committed(seconds: Double)
        /// A commit failed; nothing is lost, the same window is requested again.
        case commitFailed(LedgerError)
        /// The ledger could not be read.
        case readFailed(LedgerError)
        /// A response was too large or too slow: this is the new query window.
        case windowShrunk(seconds: Double, reason: APIError.Reason)
        /// Whether the appliance ignores `creationtime`; reported on a change, and at a start that restores `true`.
        case creationTimeFallback(Bool)
        /// These breaches are counted now, durably: each is reported at most once, over restarts too. Only where the
        /// configuration asks for it, and not for the first lookback.
        case breachesCounted([ModelBreach])
        /// Records that only the recheck found.
        case foundLate(count: Int)
        /// The first record of its kind that cannot be counted.
        case unreadable(UnreadableRecord)
        /// A field of a response of this path is present but unreadable; reported once by key.
        case unreadableField(String, path: String)
        /// The masters that a Unified View lists changed: the label values of `darktrace_master_info`.
        case mastersListed([[String]])
        /// Short records lack fields that full records have: full records are requested from now on.
        case switchedToFullRecords
        /// The first model that is counted as `other`, because `max_models` labels are in use.
        case overflow(model: String)
        /// A response of this path has more of something than is exposed; reported once per part.
        case truncated(Truncation, path: String)
    }
}

/// The outcome of one poll of a feed, over all its requests.
package struct PollReport: Sendable, Equatable {
    package let feed: FeedKind
    package let seconds: Double
    /// Nil after a success.
    package let failure: Failure?
    /// Records that were counted for the first time.
    package let counted: Int
    /// Records that could not be counted, each once.
    package let unreadable: Int
    /// Fields of the response that are present but could not be read.
    package let unreadableFields: Int
    /// Everything created up to here has been requested, in milliseconds of this machine's clock; nil before the
    /// first commit.
    package let cursorMilliseconds: Int64?
    /// Whether the whole first lookback is committed.
    package let isComplete: Bool
    /// The delay until the next attempt when the feed backs off after a failure.
    package let retrySeconds: Double?
    /// The failure shows that the feed is not available on this appliance, or to this API user.
    package let isRefused: Bool
    /// The same of an optional feed: it is no failure to alert on.
    package let isUnavailable: Bool

    package init(
        feed: FeedKind, seconds: Double, failure: Failure? = nil, counted: Int = 0, unreadable: Int = 0,
        unreadableFields: Int = 0,
        cursorMilliseconds: Int64? = nil, isComplete: Bool = false, retrySeconds: Double? = nil,
        isRefused: Bool = false, isUnavailable: Bool = false
    ) {
        self.feed = feed
        self.seconds = seconds
        self.failure = failure
        self.counted = counted
        self.unreadable = unreadable
        self.unreadableFields = unreadableFields
        self.cursorMilliseconds = cursorMilliseconds
        self.isComplete = isComplete
        self.retrySeconds = retrySeconds
        self.isRefused = isRefused || isUnavailable
        self.isUnavailable = isUnavailable
    }

    /// Why a poll failed.
    package struct Failure: Error, Sendable, Equatable {
        package let reason: Reason
        /// One line: what is wrong and what to do.
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
        /// The appliance did not give a complete response.
        case request
        /// A token could not be read.
        case secret
        /// A CA certificate, client certificate or key of the appliance is missing or cannot be used.
        case tls
        /// The ledger could not be read or written; the same window is requested again.
        case ledger
        /// The request budget of this minute was used up before the poll could send a request.
        case budget
        /// No record of the response could be read; the same window is requested again.
        case records
    }
}
