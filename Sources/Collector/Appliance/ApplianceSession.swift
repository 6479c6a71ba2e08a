import Darktrace

/// What the feeds of one appliance share: its configuration, request budget and clock.
final class ApplianceSession {
    let configuration: PollConfiguration
    let clocks: Clocks
    /// Set while they are polled.
    var feeds: [any Feed] = []
    /// By feed. The configuration derives each from those of all feeds, and every look at a timer needs them.
    private let intervals: [FeedKind: Duration]
    private let budget: RequestBudget
    private let emit: @Sendable (Event) -> Void
    private var clock = ApplianceClock()
    private var hasAnswered = false
    private var hasReportedFirstAttempt = false
    /// The time of the last HTTP response, if the last attempt had none.
    private(set) var silentSince: MonotonicInstant?
    private var lastResponse: MonotonicInstant

    /// - Parameter budget: It is the appliance's: a session that replaces another one uses the same.
    init(
        _ configuration: PollConfiguration, clocks: Clocks, budget: RequestBudget,
        emit: @escaping @Sendable (Event) -> Void
    ) {
        self.configuration = configuration
        self.clocks = clocks
        self.budget = budget
        self.emit = emit
        intervals = Dictionary(uniqueKeysWithValues: Feeds.all.map { ($0, configuration.interval(of: $0)) })
        budget.setLimit(configuration.requestsPerMinute)
        lastResponse = MonotonicInstant(nanoseconds: clocks.monotonicNanoseconds())
    }

    /// The appliance's clock; it stops at the configuration's horizon.
    var now: ApplianceTime {
        min(clock.now(at: monotonic, exporter: wall), configuration.horizon ?? .distantFuture)
    }
    var monotonic: MonotonicInstant { MonotonicInstant(nanoseconds: clocks.monotonicNanoseconds()) }
    /// The exporter's clock.
    var wall: ApplianceTime { ApplianceTime(milliseconds: clocks.wallMilliseconds()) }

    /// Sleeps until an instant, and ends at once when the task is cancelled.
    func sleep(until instant: MonotonicInstant) async throws(CancellationError) {
        try await clocks.sleep(instant.nanoseconds)
    }

    func report(_ kind: Event.Kind) {
        emit(Event(appliance: configuration.name, kind))
    }

    /// When the budget permits the next request of this kind; `now` if it does at once.
    func nextPermit(for purpose: RateLimiter.Purpose, at now: MonotonicInstant) -> MonotonicInstant {
        budget.nextPermit(for: purpose, at: now)
    }

    /// Waits for a permit for another request of a secondary feed, unless there is none before the deadline.
    ///
    /// - Parameter deadline: When another feed is due; nil for the first request of a poll, and where there is no other.
    func hasPermit(before deadline: MonotonicInstant?) async throws(PollError) -> Bool {
        while true {
            let now = monotonic
            let permit = nextPermit(for: .secondary, at: now)
            if let deadline, max(permit, now) >= deadline { return false }
            guard permit > now else { return true }
            do throws(CancellationError) { try await sleep(until: permit) } catch { throw .cancelled }
        }
    }

    /// After so many intervals a response is stale.
    private static let staleAfterIntervals = 3

    /// When a response becomes stale: by the interval of its feed, or with an appliance that does not respond at all.
    func staleAt(_ received: MonotonicInstant, _ feed: FeedKind) -> MonotonicInstant {
        let stale = received + (intervals[feed] ?? configuration.interval(of: feed)) * Self.staleAfterIntervals
        guard let silent = silentSince else { return stale }
        return min(stale, silent + configuration.pollInterval * Self.staleAfterIntervals)
    }

    /// When the next timer of a feed is due.
    var nextTimerDue: MonotonicInstant { feeds.reduce(.distantFuture) { min($0, $1.timerDue ?? .distantFuture) } }

    /// Fires the timers that are due; also called while a feed waits for the budget.
    func fireTimers(at now: MonotonicInstant) async {
        for feed in feeds where feed.timerDue ?? .distantFuture <= now { await feed.timerFired() }
    }

    // MARK: Polls

    /// Polls a feed once with the current credentials; nil when the task is cancelled. `reportPoll` reports the outcome.
    ///
    /// - Parameters:
    ///   - start: When the poll began.
    ///   - deadline: When the next one is due; nil when there is none, so that this one must finish all work.
    func poll(
        _ feed: any Feed, from start: MonotonicInstant, until deadline: MonotonicInstant?
    ) async -> PollOutcome? {
        let (failure, rejected) = await attempt(feed, until: deadline)
        guard !Task.isCancelled else { return nil }
        let end = monotonic
        reportFirstAttemptEnded()
        return PollOutcome(end: end, failure: failure, rejectedCredentials: rejected, duration: end - start)
    }

    private func attempt(
        _ feed: any Feed, until deadline: MonotonicInstant?
    ) async -> (failure: (PollReport.Failure, RetryPolicy)?, rejected: PollOutcome.RejectedCredentials?) {
        let credentials: Credentials
        do throws(SecretError) {
            credentials = try configuration.connection.credentials()
        } catch {
            return ((PollReport.Failure(error.reason, error.detail), RetryPolicy(skipsBackoff: true)), .unreadable)
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
    /// - Parameter retryDelay: Until the next attempt, when the feed backs off.
    func reportPoll(_ feed: any Feed, _ outcome: PollOutcome, retryDelay: Duration? = nil) {
        let counts = feed.counts
        report(
            .pollEnded(
                PollReport(
                    feed: feed.kind, seconds: outcome.duration.inSeconds, failure: outcome.failure?.0,
                    counted: counts.counted, unreadable: counts.unreadable,
                    unreadableFields: counts.unreadableFields, cursorMilliseconds: counts.cursor?.milliseconds,
                    isComplete: counts.isComplete, retrySeconds: retryDelay?.inSeconds, isRefused: feed.isRefused,
                    isUnavailable: feed.isUnavailable)))
    }

    private func reportFirstAttemptEnded() {
        guard !hasReportedFirstAttempt else { return }
        hasReportedFirstAttempt = true
        report(.firstAttemptEnded)
    }

    // MARK: Requests

    /// Sends one request and updates the appliance's clock from the response.
    ///
    /// - Parameters:
    ///   - priority: Of the feed that sends it.
    ///   - isByClock: The request's window ends at that clock, and the sender repeats it when the clock has stepped.
    ///     Other requests report the skew only, so that the step is noticed by those it concerns.
    ///   - mayBeUnavailable: An error about this request says only that the appliance does not have it.
    func send<Sent: APIRequest>(
        _ request: Sent, priority: FeedPriority, credentials: Credentials, isByClock: Bool = false,
        mayBeUnavailable: Bool = false,
        take: @escaping @Sendable (Sent.Content) -> Bool
    ) async -> RequestOutcome {
        budget.recordRequest(isSecondary: priority == .secondary, at: monotonic)
        report(.attemptBegan(path: request.path))
        let attempt = await configuration.connection.client.send(
            request, credentials: credentials, wallMilliseconds: wall.milliseconds, onElement: take)
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
        guard let date = attempt.serverDateMilliseconds.map(ApplianceTime.init) else { return outcome }
        // `Date` was written before the body: a slow transfer must not make the appliance's clock seem slow.
        let transfer = min(.hour, Duration(bounded: attempt.result.phases.transfer))
        let wall = wall - transfer
        let skew = date - wall
        outcome.skew = skew
        report(.clockSkew(seconds: skew.inSeconds))
        // A gateway may send an error response with a clock of its own.
        guard isByClock, attempt.error == nil else { return outcome }
        outcome.step = clock.observe(date, at: monotonic + (.zero - transfer), exporter: wall)
        if let step = outcome.step, hasAnswered { report(.clockStepped(seconds: step.inSeconds)) }
        hasAnswered = true
        return outcome
    }
}

/// The outcome of a poll.
struct PollOutcome {
    let end: MonotonicInstant
    /// Nil after a success.
    let failure: (PollReport.Failure, RetryPolicy)?
    /// Credentials that the appliance rejected or that could not be read.
    let rejectedCredentials: RejectedCredentials?
    let duration: Duration

    enum RejectedCredentials: Equatable {
        case unreadable
        case credentials(Credentials)
    }
}

/// The outcome of one request, without its records.
struct RequestOutcome {
    let attempt: Attempt
    /// The appliance's clock minus the exporter's.
    var skew: Duration?
    /// The appliance's clock minus the expected one, if it is worth a repetition.
    var step: Duration?
}
