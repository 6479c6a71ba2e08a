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
}
