import Darktrace

extension QueryPlanner {
    /// What the planner knows of the present: it reads no clock and asks no rate limiter.
    struct Now: Sendable, Equatable {
        let monotonic: MonotonicInstant
        let appliance: ApplianceTime
        /// The exporter's own clock.
        let exporter: ApplianceTime
        /// When the request budget permits the next request; not later than `monotonic` if it does now.
        let permit: MonotonicInstant
        /// The same for a request of low priority.
        let lowPriorityPermit: MonotonicInstant
    }

    /// What the feed has to do next. The large cases are indirect: an action is kept while its request is sent.
    enum Action: Sendable, Equatable {
        /// Send a request, then report its outcome.
        indirect case request(PlannedQuery)
        /// Wait for the request budget, then ask for the next action.
        case wait(until: MonotonicInstant)
        /// Report that windows are narrower from now on, then ask for the next action.
        case reportShrunkWindow(Duration, because: APIError.Reason)
        /// Write the records of the last response and this checkpoint in one transaction, then report the outcome.
        indirect case commit(Commit)
        /// Publish the families, then ask for the next action.
        case publish
        /// End the poll as failed.
        indirect case fail(Failure)
        /// End the poll: everything is requested, or the rest is left to the next poll.
        case finish
    }

    /// What became of a request or of a commit; indirect for the same reason. A failed commit is none of these: the feed
    /// restores the planner.
    indirect enum Outcome: Sendable, Equatable {
        case failed(FailedRequest)
        case response(Response)
        case committed
    }

    /// Why a poll failed.
    enum Failure: Sendable, Equatable {
        case request(FailedRequest)
        /// The request budget did not permit any request before the next poll.
        case budget
        /// None of this many records could be read.
        case unreadable(count: Int)
    }

    /// A complete response, without its records.
    struct Response: Sendable, Equatable {
        var summary: ResponseSummary
        /// How far the appliance's clock was from what was expected, if that matters.
        var step: Duration?
        /// `Date` of the response.
        var date: ApplianceTime?
        /// The appliance's clock minus the exporter's.
        var skew: Duration?
    }

    /// A request without a complete response.
    struct FailedRequest: Sendable, Equatable {
        var error: APIError
        /// What the appliance asked for.
        var retryAfter: Duration?
        var status: Int?
        var bodyBytes = 0
        /// The appliance received the request, even if it did not respond in time.
        var reachedAppliance = false

        /// Whether a narrower window may succeed.
        var isWindowTooLarge: Bool {
            switch error.reason {
            case .tooLarge, .timeout: true
            // The body was cut off.
            case .malformed: status == 200 && bodyBytes > 0
            // A gateway timed out.
            case .server: status == 504
            default: false
            }
        }
    }
}

extension Attempt {
    /// The delay that the appliance asked for.
    var retryAfter: Duration? { retryAfterSeconds.map { Duration(bounded: $0) } }
}

extension QueryPlanner.FailedRequest {
    /// Nil when the attempt succeeded.
    init?(_ attempt: Attempt) {
        guard let error = attempt.error else { return nil }
        self.init(
            error: error, retryAfter: attempt.retryAfter, status: attempt.result.head?.status,
            bodyBytes: attempt.result.bodyBytes,
            reachedAppliance: attempt.result.head != nil || attempt.result.phases.wait > 0)
    }
}

extension QueryPlanner.Now {
    /// The earlier of the appliance's and the exporter's clocks.
    var earlierClock: ApplianceTime { min(appliance, exporter) }
}
