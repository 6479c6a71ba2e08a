extension QueryPlanner {
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
        /// Once the first lookback is complete, full records are requested with all details, for a log.
        var wantsDetails = false

        /// By activity time a record may be this much older than its creation.
        private static let maxActivityOverlap = Duration.hour * 6
        private static let minRetention = Duration.day * 30
    }
}

extension QueryPlanner.Settings {
    init(_ configuration: PollConfiguration, of feed: FeedKind) {
        pollInterval = configuration.interval(of: feed)
        overlap = configuration.overlap
        initialLookback = configuration.initialLookback
        recheckInterval = configuration.recheckInterval
        recheckWindow = max(configuration.recheckWindow, feed.recheckWindow)
        hasActivityTime = feed == .modelBreaches
        wantsDetails = feed == .modelBreaches && configuration.logsBreaches
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
