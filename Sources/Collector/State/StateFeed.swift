import Darktrace
import Ledger
import Locking
import Metrics

/// The feed of a state: asks once a poll and shows the answer until it is old. Nothing of it is written down.
final class StateFeed<Source: StateSource>: Feed {
    let kind: FeedKind
    let tally = Tally()
    private let line: Line
    private let publish: @Sendable ([Family]) -> Void
    /// When what is shown was received, in nanoseconds of the monotonic clock; nil while nothing is shown.
    private var received: Int64?
    private var reportedParts: Set<String> = []

    /// After so many intervals what is shown is old.
    private static var lasting: Double { 3 }

    init(_ kind: FeedKind, line: Line, publish: @escaping @Sendable ([Family]) -> Void) {
        self.kind = kind
        self.line = line
        self.publish = publish
    }

    var held: (feed: FeedKey, rows: [RowKey]) { (FeedKey(appliance: line.plan.name, feed: kind.rawValue), []) }

    /// When what is shown gets old: by its own polls, or with the appliance when that does not answer at all.
    var chore: Int64? {
        guard let received else { return nil }
        let old = received + intervals(of: kind)
        guard let silent = line.silentSince else { return old }
        return min(old, silent + intervals(of: .modelBreaches))
    }

    private func intervals(of kind: FeedKind) -> Int64 {
        Int64(seconds: Self.lasting * line.plan.interval(of: kind), unit: 1e9)
    }

    /// What a former run showed is not known any more.
    func open() async { publish([]) }

    func doChore() async {
        received = nil
        publish([])
    }

    func poll(credentials: Credentials, until deadline: Int64) async throws(Interruption) {
        try await awaitBudget()
        let answer = Locked<Source.Question.Content?>(nil)
        let reply = await line.send(Source.question, credentials: credentials) { content in
            answer.withLock { $0 = content }
            return true
        }
        guard !reply.attempt.isCancelled, !Task.isCancelled else { throw .cancelled }
        if let refusal = reply.attempt.refusal {
            throw Interruption(lasting: refusal, retryAfter: reply.attempt.retryAfterSeconds)
        }
        guard let content = answer.withLock({ $0 }) else { return }
        received = line.monotonic
        publish(Source.families(of: line.plan.name, content))
        for surplus in Source.surplus(of: content) where reportedParts.insert(surplus.part).inserted {
            line.report(.surplus(surplus, path: kind.path))
        }
    }

    /// On an agenda it is not polled before there is room; alone it waits.
    private func awaitBudget() async throws(Interruption) {
        while case let now = line.monotonic, case let earliest = line.earliest(canWait: false, now: now), earliest > now
        {
            do { try await line.timeline.sleep(earliest) } catch { throw .cancelled }
        }
    }
}
