import Darktrace

@testable import Collector

/// Drives a planner as its feed does, with clocks and a request budget that a test sets.
struct PlannerDriver {
    var planner: QueryPlanner
    private(set) var action = QueryPlanner.Action.finish
    /// The monotonic clock, in seconds.
    var seconds: Int64 = 0
    /// The appliance's clock minus true time.
    var offset = Duration.zero
    /// How long the request budget delays the next request.
    var delay = Duration.zero
    /// How long it delays the next request of low priority.
    var lowPriorityDelay = Duration.zero

    static let origin = ApplianceTime.at(1_760_000_000_000)
    static let settings = QueryPlanner.Settings(
        pollInterval: .minute, overlap: .minute * 15, initialLookback: .hour * 10, recheckInterval: .hour,
        recheckWindow: .hour * 4)

    init(_ checkpoint: Checkpoint? = nil, settings: QueryPlanner.Settings = settings) {
        planner = QueryPlanner(settings)
        planner.restore(checkpoint)
    }

    /// A driver with a ledger that started ten days before the cursor.
    static func resumed(
        behind: Duration = .minute, settings: QueryPlanner.Settings = settings,
        change: (inout Checkpoint) -> Void = { _ in }
    ) -> Self {
        var checkpoint = Checkpoint(start: origin - behind - .day * 10)
        checkpoint.cursor = origin - behind
        checkpoint.isComplete = true
        checkpoint.recheckWatermark = origin - .hour * 4
        change(&checkpoint)
        return PlannerDriver(checkpoint, settings: settings)
    }

    /// The appliance's clock.
    var appliance: ApplianceTime { Self.origin + .seconds(seconds) + offset }

    var now: QueryPlanner.Now {
        let monotonic = MonotonicInstant.at(seconds)
        return QueryPlanner.Now(
            monotonic: monotonic, appliance: appliance, exporter: Self.origin + .seconds(seconds),
            permit: monotonic + delay, lowPriorityPermit: monotonic + max(delay, lowPriorityDelay))
    }

    // MARK: Inputs

    /// - Parameter seconds: Until the next poll; nil when there is none.
    mutating func begin(nextPollIn seconds: Int64? = 60) {
        planner.beginPoll(until: seconds.map { .at(self.seconds + $0) }, at: now)
        action = planner.next(at: now)
    }

    mutating func next() { action = planner.next(at: now) }

    mutating func respond(
        _ summary: ResponseSummary = .init(), step: Duration? = nil, date: ApplianceTime? = nil,
        skew: Duration? = nil
    ) {
        action = planner.received(
            .response(QueryPlanner.Response(summary: summary, step: step, date: date, skew: skew)), at: now)
    }

    /// A complete response, its commit and its publication.
    mutating func succeed(_ summary: ResponseSummary = .init()) {
        respond(summary)
        commit()
        next()
    }

    mutating func commit() { action = planner.received(.committed, at: now) }

    mutating func fail(
        _ reason: APIError.Reason, status: Int? = nil, bodyBytes: Int = 0, reachedAppliance: Bool = true
    ) {
        action = planner.received(.failed(Self.failure(reason, status, bodyBytes, reachedAppliance)), at: now)
    }

    static func failure(
        _ reason: APIError.Reason, _ status: Int? = nil, _ bodyBytes: Int = 0, _ reachedAppliance: Bool = true
    ) -> QueryPlanner.FailedRequest {
        QueryPlanner.FailedRequest(
            error: APIError(reason, "test"), status: status, bodyBytes: bodyBytes, reachedAppliance: reachedAppliance)
    }

    // MARK: Results

    /// The query of the last action; nil when that was no request.
    var query: PlannedQuery? {
        if case .request(let query) = action { query } else { nil }
    }

    /// The commit of the last action.
    var commitment: QueryPlanner.Commit? {
        if case .commit(let commit) = action { commit } else { nil }
    }

    var checkpoint: Checkpoint? { planner.checkpoint }

    /// Lets every request succeed until the poll ends.
    ///
    /// - Returns: The queries, at most a hundred.
    mutating func finishPoll() -> [PlannedQuery] {
        var queries: [PlannedQuery] = []
        while let query, queries.count < 100 {
            queries.append(query)
            succeed()
        }
        return queries
    }

    /// A whole poll in which every request succeeds.
    mutating func poll(nextPollIn seconds: Int64? = 60) -> [PlannedQuery] {
        begin(nextPollIn: seconds)
        return finishPoll()
    }
}

extension ResponseSummary {
    /// Several records, none of them readable.
    static let unreadable = ResponseSummary(received: 3, unreadableCount: 3)

    static func incomplete(_ ids: Set<Int64>) -> ResponseSummary {
        ResponseSummary(received: ids.count, incompleteIDs: ids)
    }
}
