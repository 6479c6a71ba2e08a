extension QueryPlanner {
    /// What the feed is doing.
    enum Phase: Sendable, Equatable {
        case planning
        case requesting(PlannedQuery)
        case committing(Commit)
    }

    /// The poll under way.
    struct Poll: Sendable, Equatable {
        /// When the next poll is due. Nil: there is none, so this poll has to finish all work.
        var deadline: MonotonicInstant?
        var hasSentRequest = false
        var didRetryForClock = false
        var didQueryNewest = false
        var timeouts = Timeouts()
        /// The last query, to be repeated for full records.
        var repetition: PlannedQuery?

        var isOnlyPoll: Bool { deadline == nil }
    }

    /// Slow responses in a row.
    struct Timeouts: Sendable, Equatable {
        var count = 0
        /// The last one, until another request succeeds.
        var unresolved: FailedRequest?
    }

    /// The search for a readable record after a window without one.
    enum UnreadableSearch: Sendable, Equatable {
        case none
        /// The window is widened.
        case widening
        /// No wider window succeeds: catch-up skips windows without readable records.
        case exhausted
    }

    /// Records that are incomplete even as full records, so that these are not requested again, for a day.
    struct IncompleteRecords: Sendable, Equatable {
        private var ids: Set<Int64> = []
        private var since = MonotonicInstant(nanoseconds: 0)

        private static let limit = 10_000

        func ids(at now: MonotonicInstant) -> Set<Int64> { now - since < .day ? ids : [] }

        mutating func insert(_ new: Set<Int64>, at now: MonotonicInstant) {
            if now - since >= .day || ids.count > Self.limit { (ids, since) = ([], now) }
            ids.formUnion(new)
        }
    }

    struct Deferred: Sendable, Equatable {
        let purpose: PlannedQuery.Purpose
        let incompleteIDs: Set<Int64>

        init(_ query: PlannedQuery) {
            purpose = query.purpose
            incompleteIDs = query.incompleteIDs
        }
    }

    /// The settings of an appliance that planning depends on.
    struct Settings: Sendable, Equatable {
        var pollInterval: Duration
        var overlap: Duration
        var initialLookback: Duration
        var recheckInterval: Duration
        var recheckWindow: Duration
        /// Records have an activity time that may be earlier than their creation, and can be queried by it.
        var hasActivityTime = true
        /// Where short records lack what full ones have, full ones are requested. Otherwise that is so only until the
        /// first lookback is complete; later the feed itself looks at the records that matter.
        var requestsFullRecords = true

        /// By activity time a record may be this much older than its creation.
        private static let maxActivityOverlap = Duration.hour * 6
        private static let minRetention = Duration.day * 30
    }
}

extension QueryPlanner.Settings {
    init(_ configuration: PollConfiguration, of feed: FeedKind) {
        pollInterval = Duration(setting: configuration.interval(of: feed))
        overlap = Duration(setting: configuration.overlap)
        initialLookback = Duration(setting: configuration.initialLookback)
        recheckInterval = Duration(setting: configuration.recheckInterval)
        recheckWindow = max(Duration(setting: configuration.recheckWindow), feed.recheckWindow)
        hasActivityTime = feed == .modelBreaches
    }

    /// How much before the cursor is requested again: more by activity time, which may be hours before the creation.
    func overlap(byActivity: Bool) -> Duration {
        byActivity ? max(overlap, min(recheckWindow, Self.maxActivityOverlap)) : overlap
    }

    /// How long seen records are kept: 30 days, and four times as long as anything is requested again.
    func retention(byActivity: Bool) -> Duration {
        max(Self.minRetention, max(overlap(byActivity: byActivity), recheckWindow + Recheck.clockMargin) * 4)
    }

    /// An appliance accepts a signature for this long, so a good response means that both clocks are this close.
    private static let signatureLifetime = Duration.minute * 30

    /// Start of a new ledger: the initial lookback before now.
    ///
    /// A `Date` that is too far from the exporter's clock was written by something else on the path, such as a proxy. A
    /// ledger that starts by it would permanently count nothing or far too much, so the exporter's own clock is used.
    func newStart(
        at appliance: ApplianceTime, exporter: ApplianceTime
    ) -> (start: ApplianceTime, byOwnClock: Bool) {
        let difference = appliance - exporter
        let byOwnClock = max(difference, .zero - difference) > Self.signatureLifetime
        return (max(.epoch, (byOwnClock ? exporter : appliance) - initialLookback), byOwnClock)
    }

    /// Whether a ledger's start is in the future by both clocks: it was made when both were wrong, and counts nothing.
    func isInFuture(_ start: ApplianceTime, at appliance: ApplianceTime, exporter: ApplianceTime) -> Bool {
        start > max(appliance, exporter) + Self.signatureLifetime
    }
}
