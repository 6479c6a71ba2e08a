import Darktrace

/// What the feeds of one appliance share: one request at a time, one budget, one clock.
final class ApplianceSession {
    let plan: PollConfiguration
    let timeline: Clocks
    /// What is polled on it, while it is.
    var feeds: [any Feed] = []
    private let emit: @Sendable (Event) -> Void
    private var budget: RateLimiter
    private var clock = ApplianceClock()
    private var hasAnswered = false
    private var hasTried = false
    /// When the last answer of HTTP came, in nanoseconds of the monotonic clock, if the last try had none.
    private(set) var silentSince: Int64?
    private var answered: Int64

    init(plan: PollConfiguration, timeline: Clocks, emit: @escaping @Sendable (Event) -> Void) {
        self.plan = plan
        self.timeline = timeline
        self.emit = emit
        budget = RateLimiter(requestsPerMinute: plan.requestsPerMinute)
        answered = timeline.monotonicNanoseconds()
    }

    /// The appliance's clock, in milliseconds since 1970; it stops at the plan's horizon.
    var now: Int64 { min(clock.now(monotonic: monotonic, wall: wall), plan.horizonMilliseconds ?? .max) }
    /// Nanoseconds.
    var monotonic: Int64 { timeline.monotonicNanoseconds() }
    /// Our clock, in milliseconds since 1970.
    var wall: Int64 { timeline.wallMilliseconds() }

    func report(_ kind: Event.Kind) {
        emit(Event(appliance: plan.name, kind))
    }

    /// When the budget lets a request through; one that can wait leaves some of it to those that cannot.
    ///
    /// It is `now` when that is at once: time goes on between two looks at the clock.
    func nextPermit(canWait: Bool, now: Int64) -> Int64 {
        budget.nextPermit(now: now, keeping: canWait ? budget.reservedPermits : 0)
    }

    /// When the next chore of any feed is due; `.max` if none is.
    var nextTimerDue: Int64 { feeds.compactMap(\.timerDue).min() ?? .max }

    /// Does what is due without a request, also while a feed waits for its turn.
    func fireTimers(at now: Int64) async {
        for feed in feeds where feed.timerDue ?? .max <= now { await feed.timerFired() }
    }

    /// The first try, or what was to come before it, has ended.
    func reportFirstAttemptEnded() {
        guard !hasTried else { return }
        hasTried = true
        report(.firstAttemptEnded)
    }

    /// Sends one request, and learns the appliance's clock from its answer.
    ///
    /// - Parameter isByClock: It asks by that clock, and its sender follows it when it has stepped. Any other answer
    ///   tells how far the clock is off, and leaves the step to be noticed by whom it concerns.
    func send<Sent: APIRequest>(
        _ request: Sent, credentials: Credentials, isByClock: Bool = false,
        take: @escaping @Sendable (Sent.Content) -> Bool
    ) async -> RequestOutcome {
        budget.recordRequest(at: monotonic)
        report(.attemptBegan(path: Sent.path))
        let attempt = await plan.client.send(request, credentials: credentials, wallMilliseconds: wall, take: take)
        report(.attemptEnded(attempt))
        guard !attempt.isCancelled else { return RequestOutcome(attempt: attempt) }
        reportFirstAttemptEnded()
        if attempt.exchange.head == nil {
            silentSince = answered
        } else {
            (answered, silentSince) = (monotonic, nil)
        }
        return updateClock(attempt, isByClock: isByClock)
    }

    private func updateClock(_ attempt: Attempt, isByClock: Bool) -> RequestOutcome {
        var reply = RequestOutcome(attempt: attempt)
        guard let date = attempt.serverDateMilliseconds else { return reply }
        // `Date` was written before the body: a slow transfer must not make the appliance's clock seem behind.
        let transfer = max(0, min(attempt.exchange.phases.transfer, 3_600))
        let wall = wall - Int64(transfer * 1_000)
        reply.skew = date - wall
        report(.clockSkew(seconds: Double(date - wall) / 1_000))
        // What stands before an appliance may refuse in its name, with a clock of its own.
        guard isByClock, attempt.refusal == nil else { return reply }
        reply.step = clock.observe(date, monotonic: monotonic - Int64(transfer * 1e9), wall: wall)
        if let step = reply.step, hasAnswered { report(.clockStepped(seconds: Double(step) / 1_000)) }
        hasAnswered = true
        return reply
    }
}

/// What one request came back with, its records aside.
struct RequestOutcome {
    let attempt: Attempt
    /// The appliance's clock minus ours, in milliseconds.
    var skew: Int64?
    /// How far the appliance's clock was from what was expected, in milliseconds, if that matters.
    var step: Int64?
}
