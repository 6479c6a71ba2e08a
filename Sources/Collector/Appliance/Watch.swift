import Darktrace

/// Polls one appliance: the only task that does, so that one request at a time is in flight.
final class Watch {
    private let line: Line
    private let feeds: [any Feed]
    private var agenda: Agenda
    private var backoff: Backoff
    private var generator: SplitMix
    /// Credentials that were refused or could not be read: a change of theirs is tried at once.
    private var refused: Refused?

    private enum Refused: Equatable {
        case unreadable
        case credentials(Credentials)
    }

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
        let failure = await attempt(feeds[index], until: agenda.tick(of: index, after: start, start: start))
        guard !Task.isCancelled else { return }
        let end = line.monotonic
        var due = agenda.tick(of: index, after: end, start: start)
        var delay: Double?
        if let (_, setback) = failure {
            if !setback.isLocal {
                let seconds = backoff.fail(setback.cause, retryAfter: setback.retryAfter, using: &generator)
                delay = seconds
                due = end + Int64(seconds: seconds, unit: 1_000_000_000)
            }
        } else {
            backoff.succeed()
        }
        line.endFirstTry()
        report(feeds[index], failure?.0, seconds: Double(end - start) / 1e9)
        if let delay, let failure { line.report(.backingOff(seconds: delay, detail: failure.0.detail)) }
        agenda.schedule(index, at: due)
    }

    /// Nil after a success.
    private func attempt(_ feed: any Feed, until deadline: Int64) async -> (Poll.Failure, Setback)? {
        let credentials: Credentials
        do throws(SecretFailure) {
            credentials = try line.plan.credentials()
        } catch {
            refused = .unreadable
            return (Poll.Failure(.secret, error.detail), Setback(isLocal: true))
        }
        refused = nil
        do throws(Interruption) {
            try await feed.poll(credentials: credentials, until: deadline)
        } catch {
            guard case .failed(let failure, let setback) = error else { return nil }
            if setback.cause == .credentials { refused = .credentials(credentials) }
            return (failure, setback)
        }
        return nil
    }

    private func report(_ feed: any Feed, _ failure: Poll.Failure?, seconds: Double) {
        let tally = feed.tally
        line.report(
            .pollEnded(
                Poll(
                    feed: feed.name, seconds: seconds, failure: failure, counted: tally.counted,
                    unreadable: tally.unreadable, cursorMilliseconds: tally.cursor, isComplete: tally.isComplete)))
    }
}

extension Int64 {
    /// Seconds in a smaller unit; no setting, however strange, overflows.
    init(seconds: Double, unit: Double) {
        self = seconds.isFinite ? Int64(Swift.max(0, Swift.min(seconds, 4e9)) * unit) : 0
    }
}
