import Darktrace

/// Polls one appliance in one task, so that one request at a time is in flight, for as long as its configuration stays.
///
/// A failure of a feed delays those of higher priority by one request at most, unless the appliance rejects the
/// signature of all.
final class AppliancePoller {
    private let session: ApplianceSession
    private var entries: [Entry]
    private var schedule: PollSchedule
    private var generator: SplitMix64

    /// A feed and how its last polls ended.
    private struct Entry {
        let feed: any Feed
        var backoff: Backoff
        /// Credentials that were rejected or could not be read: a change is tried at once.
        var rejectedCredentials: PollOutcome.RejectedCredentials?
        var hasSignatureError = false
        /// The primary feed succeeded with the same signature: the error is about this feed alone.
        var isSignatureErrorFeedSpecific = false

        var isPrimary: Bool { feed.kind.priority == .primary }
    }

    /// How often the token files are read while an appliance rejects the credentials.
    private static let credentialCheckInterval = Duration.seconds(5)

    init(session: ApplianceSession, feeds: [any Feed], seed: UInt64, offset: PollOffset = PollOffset()) {
        self.session = session
        generator = SplitMix64(seed: seed, name: session.configuration.name)
        let phase = Double.random(in: offset.phases, using: &generator)
        entries = feeds.map { Entry(feed: $0, backoff: Backoff(interval: session.configuration.interval(of: $0.kind))) }
        schedule = PollSchedule(
            feeds.map { (session.configuration.interval(of: $0.kind), $0.kind.priority) },
            phase: phase, start: session.monotonic + offset.startDelay)
    }

    /// Runs until the task is cancelled.
    func run() async {
        session.feeds = entries.map(\.feed)
        // Feeds and session refer to each other.
        defer { session.feeds = [] }
        for entry in entries { await entry.feed.restore() }
        while !Task.isCancelled {
            let now = session.monotonic
            if session.nextTimerDue <= now {
                await session.fireTimers(at: now)
            } else if let (index, due) = schedule.next(at: now), due <= now {
                await pollIfPermitted(index, now)
            } else if let index = entries.indices.first(where: haveCredentialsChanged) {
                entries[index].rejectedCredentials = nil
                schedule.schedule(index, at: now)
            } else {
                do { try await session.sleep(until: nextWake(at: now)) } catch { return }
            }
        }
    }

    private func nextWake(at now: MonotonicInstant) -> MonotonicInstant {
        let wake = min(schedule.next(at: now)?.due ?? .distantFuture, session.nextTimerDue)
        // Only the primary feed needs new tokens soon; the others look whenever something else happens.
        let checksCredentials = entries.contains { $0.isPrimary && $0.rejectedCredentials != nil }
        return checksCredentials ? min(wake, now + Self.credentialCheckInterval) : wake
    }

    private func haveCredentialsChanged(since index: Int) -> Bool {
        guard let rejected = entries[index].rejectedCredentials,
            let credentials = try? session.configuration.connection.credentials()
        else { return false }
        return rejected != .credentials(credentials)
    }

    /// Polls a feed that is due if the budget permits, else defers it.
    private func pollIfPermitted(_ index: Int, _ now: MonotonicInstant) async {
        guard !entries[index].isPrimary else { return await poll(index, scheduled: now) }
        let permit = session.nextPermit(for: .secondary, at: now)
        guard permit <= now else { return deferForBudget(index, until: permit, now) }
        // A tick that the budget deferred does not delay the next one: the interval is the real one.
        await poll(index, scheduled: schedule.scheduled(index))
        // A primary poll without a permit would fail because of the requests of this poll.
        let end = session.monotonic
        let next = session.nextPermit(for: .scheduled, at: end)
        if next > end { postponePrimary(to: next) }
    }

    /// Defers a secondary feed; when it has waited for long, and its share has a permit, the next request is its own.
    private func deferForBudget(_ index: Int, until permit: MonotonicInstant, _ now: MonotonicInstant) {
        schedule.deferForBudget(index, until: permit)
        guard schedule.isStarved(index, at: now), permit <= session.nextPermit(for: .scheduled, at: now) else { return }
        postponePrimary(to: permit)
    }

    private func postponePrimary(to instant: MonotonicInstant) {
        for primary in entries.indices where entries[primary].isPrimary { schedule.postpone(primary, to: instant) }
    }

    private func poll(_ index: Int, scheduled: MonotonicInstant) async {
        let start = session.monotonic
        schedule.recordPoll(of: index)
        // A secondary feed that needs several requests continues in its next poll rather than delay the primary one.
        let deadline = min(
            schedule.tick(of: index, after: start, start: scheduled),
            schedule.nextOfHigherPriority(than: index) ?? .distantFuture)
        guard let outcome = await session.poll(entries[index].feed, from: start, until: deadline) else { return }
        entries[index].rejectedCredentials = outcome.rejectedCredentials
        entries[index].hasSignatureError = false
        var due = schedule.tick(of: index, after: outcome.end, start: scheduled)
        var retryDelay: Duration?
        if let (_, policy) = outcome.failure {
            if !policy.skipsBackoff {
                let delay = entries[index].backoff.recordFailure(
                    policy.cause, retryAfter: policy.retryAfter, using: &generator)
                due = outcome.end + delay
                retryDelay = delay
                propagate(policy, from: index, to: due, outcome.rejectedCredentials)
            }
        } else {
            recordSuccess(of: index)
        }
        session.reportPoll(entries[index].feed, outcome, retryDelay: retryDelay)
        schedule.schedule(index, at: due)
    }

    private func recordSuccess(of index: Int) {
        entries[index].backoff.reset()
        entries[index].isSignatureErrorFeedSpecific = false
        guard entries[index].isPrimary else { return }
        for other in entries.indices where entries[other].hasSignatureError {
            entries[other].isSignatureErrorFeedSpecific = true
        }
    }

    /// Delays the other feeds that a failure concerns.
    private func propagate(
        _ policy: RetryPolicy, from index: Int, to due: MonotonicInstant, _ rejected: PollOutcome.RejectedCredentials?
    ) {
        switch policy.scope {
        case .feed: return
        case .lowerPriorityFeeds:
            let priority = entries[index].feed.kind.priority
            for other in entries.indices where entries[other].feed.kind.priority > priority {
                schedule.postpone(other, to: due)
            }
        case .allFeeds:
            entries[index].hasSignatureError = true
            guard !entries[index].isSignatureErrorFeedSpecific else { return }
            for other in entries.indices where other != index {
                schedule.postpone(other, to: due)
                entries[other].rejectedCredentials = entries[other].rejectedCredentials ?? rejected
            }
        }
    }
}
