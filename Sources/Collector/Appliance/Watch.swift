import Darktrace

/// Polls one appliance: the only task that does, so that one request at a time is in flight.
final class Watch {
    private let line: Line
    private let feeds: [any Feed]
    private var agenda: Agenda
    private var backoff: Backoff
    private var generator: SplitMix
    /// Credentials that were refused or could not be read: a change of theirs is tried at once.
    private var refused: PollOutcome.Refused?

    /// How often the token files are looked at while an appliance refuses them, in nanoseconds.
    private static let lookout: Int64 = 5_000_000_000

    init(line: Line, feeds: [any Feed], seed: UInt64) {
        self.line = line
        self.feeds = feeds
        generator = SplitMix(seed: seed, name: line.plan.name)
        let phase = Double.random(in: 0..<1, using: &generator)
        agenda = Agenda(
            intervals: feeds.map { _ in Int64(seconds: line.plan.pollInterval, unit: 1_000_000_000) }, phase: phase,
            now: line.monotonic)
        backoff = Backoff(interval: line.plan.pollInterval)
    }

    /// Runs until the task is cancelled.
    func run() async {
        for feed in feeds { await feed.open() }
        while !Task.isCancelled {
            let now = line.monotonic
            if let feed = feeds.first(where: { $0.chore ?? .max <= now }) {
                await feed.doChore()
            } else if case let (feed, due) = agenda.next, due <= now || haveCredentialsChanged {
                await poll(feed)
            } else {
                let wake = feeds.compactMap(\.chore).reduce(agenda.next.due, min)
                let latest = refused == nil ? wake : min(wake, now + Self.lookout)
                do { try await line.timeline.sleep(latest) } catch { return }
            }
        }
    }

    private var haveCredentialsChanged: Bool {
        guard let refused else { return false }
        guard let credentials = try? line.plan.credentials() else { return false }
        return refused != .credentials(credentials)
    }

    private func poll(_ index: Int) async {
        let start = line.monotonic
        let deadline = agenda.tick(of: index, after: start, start: start)
        guard let outcome = await line.poll(feeds[index], from: start, until: deadline) else { return }
        refused = outcome.refused
        var due = agenda.tick(of: index, after: outcome.end, start: start)
        if let (failure, setback) = outcome.failure {
            if !setback.isLocal {
                let seconds = backoff.fail(setback.cause, retryAfter: setback.retryAfter, using: &generator)
                due = outcome.end + Int64(seconds: seconds, unit: 1_000_000_000)
                line.report(.backingOff(seconds: seconds, detail: failure.detail))
            }
        } else {
            backoff.succeed()
        }
        agenda.schedule(index, at: due)
    }
}

extension Int64 {
    /// Seconds in a smaller unit; no setting, however strange, overflows.
    init(seconds: Double, unit: Double) {
        self = seconds.isFinite ? Int64(Swift.max(0, Swift.min(seconds, 4e9)) * unit) : 0
    }
}
