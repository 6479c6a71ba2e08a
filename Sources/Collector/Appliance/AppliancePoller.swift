import Darktrace

/// Polls one appliance: the only task that does, so that one request at a time is in flight.
///
/// Its first feed, the model breaches, is the one that must not wait: what happens to another delays it by no more than
/// one request, unless the appliance refuses what both are signed with.
final class AppliancePoller {
    private let session: ApplianceSession
    private let feeds: [any Feed]
    private var agenda: PollSchedule
    private var pauses: [RetryState]
    private var generator: SplitMix64

    /// What a feed has come to that fails.
    private struct RetryState {
        var backoff: Backoff
        /// Credentials that were refused or could not be read: a change of theirs is tried at once.
        var rejectedCredentials: PollOutcome.RejectedCredentials?
        /// Its signature was refused the last time.
        var hasRefusedSignature = false
        /// The first feed was answered under the same signature: the refusal is about this feed alone.
        var isSignatureErrorFeedSpecific = false
    }

    /// How often the token files are looked at while an appliance refuses them, in nanoseconds.
    private static let credentialCheckInterval: Int64 = 5_000_000_000

    /// - Parameter feeds: The most important one first.
    init(line: ApplianceSession, feeds: [any Feed], seed: UInt64) {
        self.session = line
        self.feeds = feeds
        generator = SplitMix64(seed: seed, name: line.plan.name)
        let phase = Double.random(in: 0..<1, using: &generator)
        let intervals = feeds.map { line.plan.interval(of: $0.kind) }
        agenda = PollSchedule(
            intervals: intervals.map { Int64(seconds: $0, unit: 1_000_000_000) }, phase: phase, now: line.monotonic)
        pauses = intervals.map { RetryState(backoff: Backoff(interval: $0)) }
    }

    /// Runs until the task is cancelled.
    func run() async {
        session.feeds = feeds
        // They hold the line in turn.
        defer { session.feeds = [] }
        for feed in feeds { await feed.restore() }
        while !Task.isCancelled {
            let now = session.monotonic
            if session.nextTimerDue <= now {
                await session.fireTimers(at: now)
            } else if case let (feed, due) = agenda.next(at: now), due <= now {
                await pollIfPermitted(feed, now)
            } else if let feed = feeds.indices.first(where: haveCredentialsChanged) {
                pauses[feed].rejectedCredentials = nil
                agenda.schedule(feed, at: now)
            } else {
                let wake = min(agenda.next(at: now).due, session.nextTimerDue)
                // A feed that may go without looks at its tokens whenever something else happens.
                let latest = pauses[0].rejectedCredentials == nil ? wake : min(wake, now + Self.credentialCheckInterval)
                do { try await session.timeline.sleep(latest) } catch { return }
            }
        }
    }

    private func haveCredentialsChanged(since index: Int) -> Bool {
        guard let refused = pauses[index].rejectedCredentials, let credentials = try? session.plan.credentials() else {
            return false
        }
        return refused != .credentials(credentials)
    }

    /// Polls a feed that is due, if the budget has room for it.
    private func pollIfPermitted(_ index: Int, _ now: Int64) async {
        guard index > 0 else { return await poll(index) }
        let earliest = session.nextPermit(canWait: !agenda.isStarved(index, at: now), now: now)
        guard earliest <= now else { return agenda.deferForBudget(index, until: earliest, now: now) }
        await poll(index)
        // A tick that finds no request left would fail, for what this poll has sent.
        let end = session.monotonic
        let room = session.nextPermit(canWait: false, now: end)
        if room > end { agenda.postpone(0, to: room) }
    }

    private func poll(_ index: Int) async {
        let start = session.monotonic
        let deadline = agenda.tick(of: index, after: start, start: start)
        guard let outcome = await session.poll(feeds[index], from: start, until: deadline) else { return }
        pauses[index].rejectedCredentials = outcome.rejectedCredentials
        pauses[index].hasRefusedSignature = false
        var due = agenda.tick(of: index, after: outcome.end, start: start)
        var retrySeconds: Double?
        if let (_, setback) = outcome.failure {
            if !setback.skipsBackoff {
                let seconds = pauses[index].backoff.recordFailure(
                    setback.cause, retryAfter: setback.retryAfter, using: &generator)
                due = outcome.end + Int64(seconds: seconds, unit: 1_000_000_000)
                retrySeconds = seconds
                propagate(setback, from: index, to: due, outcome.rejectedCredentials)
            }
        } else {
            succeed(index)
        }
        session.reportPoll(feeds[index], outcome, retrySeconds: retrySeconds)
        agenda.schedule(index, at: due)
    }

    private func succeed(_ index: Int) {
        pauses[index].backoff.reset()
        pauses[index].isSignatureErrorFeedSpecific = false
        guard index == 0 else { return }
        for other in pauses.indices where pauses[other].hasRefusedSignature {
            pauses[other].isSignatureErrorFeedSpecific = true
        }
    }

    /// Leaves other feeds alone as well for what concerns them.
    private func propagate(
        _ setback: RetryPolicy, from index: Int, to due: Int64, _ refused: PollOutcome.RejectedCredentials?
    ) {
        switch setback.scope {
        case .feed: return
        case .lowerPriorityFeeds: for other in pauses.indices.dropFirst(index + 1) { agenda.postpone(other, to: due) }
        case .allFeeds:
            pauses[index].hasRefusedSignature = true
            guard !pauses[index].isSignatureErrorFeedSpecific else { return }
            for other in pauses.indices where other != index {
                agenda.postpone(other, to: due)
                pauses[other].rejectedCredentials = pauses[other].rejectedCredentials ?? refused
            }
        }
    }
}

extension Int64 {
    /// Seconds in a smaller unit; no setting, however strange, overflows.
    init(seconds: Double, unit: Double) {
        self = seconds.isFinite ? Int64(Swift.max(0, Swift.min(seconds, 4e9)) * unit) : 0
    }
}
