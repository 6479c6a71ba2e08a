import Darktrace

/// What the feeds of one appliance share: its configuration, request budget and clock.
final class ApplianceSession {
    let plan: PollConfiguration
    let clocks: Clocks
    /// Set while they are polled.
    var feeds: [any Feed] = []
    private let budget: RequestBudget
    private let emit: @Sendable (Event) -> Void
    private var clock = ApplianceClock()
    private var hasAnswered = false
    private var hasReportedFirstAttempt = false
    /// The time of the last HTTP response, in nanoseconds of the monotonic clock, if the last attempt had none.
    private(set) var silentSince: Int64?
    private var lastResponse: Int64

    /// - Parameter budget: It is the appliance's: a session that replaces another one uses the same.
    init(
        _ configuration: PollConfiguration, clocks: Clocks, budget: RequestBudget,
        emit: @escaping @Sendable (Event) -> Void
    ) {
        self.plan = configuration
        self.clocks = clocks
        self.budget = budget
        self.emit = emit
        budget.setLimit(configuration.requestsPerMinute)
        lastResponse = clocks.monotonicNanoseconds()
    }

    /// The appliance's clock, in milliseconds since 1970; it stops at the configuration's horizon.
    var now: Int64 { min(clock.now(monotonic: monotonic, wall: wall), plan.horizonMilliseconds ?? .max) }
    /// Nanoseconds.
    var monotonic: Int64 { clocks.monotonicNanoseconds() }
    /// Our clock, in milliseconds since 1970.
    var wall: Int64 { clocks.wallMilliseconds() }

    func report(_ kind: Event.Kind) {
        emit(Event(appliance: plan.name, kind))
    }

    /// When the budget permits the next request; `now` if it does at once.
    ///
    /// - Parameter canWait: The request leaves the reserved permits to more important ones.
    func nextPermit(canWait: Bool, now: Int64) -> Int64 { budget.nextPermit(now: now, canWait: canWait) }

    /// When the next timer of a feed is due, in nanoseconds of the monotonic clock; `.max` if none is.
    var nextTimerDue: Int64 { feeds.compactMap(\.timerDue).min() ?? .max }

    /// Fires the timers that are due; also called while a feed waits for the budget.
    func fireTimers(at now: Int64) async {
        for feed in feeds where feed.timerDue ?? .max <= now { await feed.timerFired() }
    }

    // MARK: Polls

    /// Polls a feed once with the current credentials; nil when the task is cancelled. `reportPoll` reports the outcome.
    ///
    /// - Parameters:
    ///   - start: When the poll began, in nanoseconds of the monotonic clock.
    ///   - deadline: When the next one is due; `.max` when there is none, so that this one must finish all work.
    func poll(_ feed: any Feed, from start: Int64, until deadline: Int64) async -> PollOutcome? {
        let (failure, rejected) = await attempt(feed, until: deadline)
        guard !Task.isCancelled else { return nil }
        let end = monotonic
        reportFirstAttemptEnded()
        return PollOutcome(end: end, failure: failure, rejectedCredentials: rejected, duration: end - start)
    }

    private func attempt(
        _ feed: any Feed, until deadline: Int64
    ) async -> (failure: (PollReport.Failure, RetryPolicy)?, rejected: PollOutcome.RejectedCredentials?) {
        let credentials: Credentials
        do throws(SecretError) {
            credentials = try plan.connection.credentials()
        } catch {
            return ((PollReport.Failure(.secret, error.detail), RetryPolicy(skipsBackoff: true)), .unreadable)
        }
        do throws(PollError) {
            try await feed.poll(credentials: credentials, until: deadline)
        } catch {
            guard case .failed(let failure, let policy) = error else { return (nil, nil) }
            return ((failure, policy), policy.cause == .other ? nil : .credentials(credentials))
        }
        return (nil, nil)
    }

    /// Reports the outcome of a poll.
    ///
    /// - Parameter retrySeconds: The delay until the next attempt when the feed backs off.
    func reportPoll(_ feed: any Feed, _ outcome: PollOutcome, retrySeconds: Double? = nil) {
        let counts = feed.counts
        report(
            .pollEnded(
                PollReport(
                    feed: feed.kind, seconds: Double(outcome.duration) / 1e9, failure: outcome.failure?.0,
                    counted: counts.counted, unreadable: counts.unreadable,
                    unreadableFields: counts.unreadableFields, cursorMilliseconds: counts.cursor,
                    isComplete: counts.isComplete, retrySeconds: retrySeconds, isUnavailable: feed.isUnavailable)))
    }

    private func reportFirstAttemptEnded() {
        guard !hasReportedFirstAttempt else { return }
        hasReportedFirstAttempt = true
        report(.firstAttemptEnded)
    }

    // MARK: Requests

    /// Sends one request and updates the appliance's clock from the response.
    ///
    /// - Parameter isByClock: The request's window ends at that clock, and the sender repeats it when the clock has
    ///   stepped. Other requests report the skew only, so that the step is noticed by those it concerns.
    /// - Parameter mayBeUnavailable: An error about this request says only that the appliance does not have it.
    func send<Sent: APIRequest>(
        _ request: Sent, credentials: Credentials, isByClock: Bool = false,
        mayBeUnavailable: Bool = false,
        take: @escaping @Sendable (Sent.Content) -> Bool
    ) async -> RequestOutcome {
        budget.recordRequest(at: monotonic)
        report(.attemptBegan(path: request.path))
        let attempt = await plan.connection.client.send(
            request, credentials: credentials, wallMilliseconds: wall, onElement: take)
        report(
            .attemptEnded(
                attempt, isUnavailable: mayBeUnavailable && attempt.showsUnavailability))
        guard !attempt.isCancelled else { return RequestOutcome(attempt: attempt) }
        reportFirstAttemptEnded()
        if attempt.result.head == nil {
            silentSince = lastResponse
        } else {
            (lastResponse, silentSince) = (monotonic, nil)
        }
        return updateClock(attempt, isByClock: isByClock)
    }

    private func updateClock(_ attempt: Attempt, isByClock: Bool) -> RequestOutcome {
        var outcome = RequestOutcome(attempt: attempt)
        guard let date = attempt.serverDateMilliseconds else { return outcome }
        // `Date` was written before the body: a slow transfer must not make the appliance's clock seem slow.
        let transfer = max(0, min(attempt.result.phases.transfer, 3_600))
        let wall = wall - Int64(transfer * 1_000)
        outcome.skew = date - wall
        report(.clockSkew(seconds: Double(date - wall) / 1_000))
        // A gateway may send an error response with a clock of its own.
        guard isByClock, attempt.error == nil else { return outcome }
        outcome.step = clock.observe(date, monotonic: monotonic - Int64(transfer * 1e9), wall: wall)
        if let step = outcome.step, hasAnswered { report(.clockStepped(seconds: Double(step) / 1_000)) }
        hasAnswered = true
        return outcome
    }
}

/// The outcome of a poll.
struct PollOutcome {
    /// In nanoseconds of the monotonic clock.
    let end: Int64
    /// Nil after a success.
    let failure: (PollReport.Failure, RetryPolicy)?
    /// Credentials that the appliance rejected or that could not be read.
    let rejectedCredentials: RejectedCredentials?
    /// Nanoseconds.
    let duration: Int64

    enum RejectedCredentials: Equatable {
        case unreadable
        case credentials(Credentials)
    }
}

/// The outcome of one request, without its records.
struct RequestOutcome {
    let attempt: Attempt
    /// The appliance's clock minus ours, in milliseconds.
    var skew: Int64?
    /// The appliance's clock minus the expected one, in milliseconds, if it is worth a repetition.
    var step: Int64?
}
