extension BreachPlanner {
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

        /// By activity time a record may be this much older than its creation.
        private static let maxActivityOverlap = Duration.hour * 6
        private static let minRetention = Duration.day * 30
    }
}

extension BreachPlanner.Settings {
    init(_ configuration: PollConfiguration) {
        pollInterval = Duration(setting: configuration.pollInterval)
        overlap = Duration(setting: configuration.overlap)
        initialLookback = Duration(setting: configuration.initialLookback)
        recheckInterval = Duration(setting: configuration.recheckInterval)
        recheckWindow = Duration(setting: configuration.recheckWindow)
    }

    /// How much before the cursor is requested again: more by activity time, which may be hours before the creation.
    func overlap(byActivity: Bool) -> Duration {
        byActivity ? max(overlap, min(recheckWindow, Self.maxActivityOverlap)) : overlap
    }

    /// How long seen records are kept: 30 days, and four times as long as anything is requested again.
    func retention(byActivity: Bool) -> Duration {
        max(Self.minRetention, max(overlap(byActivity: byActivity), recheckWindow + Recheck.clockMargin) * 4)
    }

    /// Start of a new ledger.
    func newStart(at now: ApplianceTime) -> ApplianceTime { max(.epoch, now - initialLookback) }
}
