import Darktrace
import Ledger
import Locking
import Metrics

/// The feed of a state: asks once a poll and shows the answer until it is old. Nothing of it is written down.
final class GaugeFeed<Source: GaugeEndpoint>: Feed {
    let kind: FeedKind
    let counts = PollCounts()
    private let session: ApplianceSession
    private let publish: @Sendable ([MetricFamily]) -> Void
    /// When what is shown was received, in nanoseconds of the monotonic clock; nil while nothing is shown.
    private var received: Int64?
    private var reportedParts: Set<String> = []

    /// After so many intervals what is shown is old.
    private static var staleAfterIntervals: Double { 3 }

    init(_ kind: FeedKind, session: ApplianceSession, publish: @escaping @Sendable ([MetricFamily]) -> Void) {
        self.kind = kind
        self.session = session
        self.publish = publish
    }

    var heldSeries: (feed: FeedKey, rows: [RowKey]) { (FeedKey(appliance: session.plan.name, feed: kind.rawValue), []) }

    /// When what is shown gets old: by its own polls, or with the appliance when that does not answer at all.
    var timerDue: Int64? {
        guard let received else { return nil }
        let old = received + intervals(of: kind)
        guard let silent = session.silentSince else { return old }
        return min(old, silent + intervals(of: .modelBreaches))
    }

    private func intervals(of kind: FeedKind) -> Int64 {
        Int64(seconds: Self.staleAfterIntervals * session.plan.interval(of: kind), unit: 1e9)
    }

    /// What a former run showed is not known any more.
    func restore() async { publish([]) }

    func timerFired() async {
        received = nil
        publish([])
    }

    func poll(credentials: Credentials, until deadline: Int64) async throws(PollError) {
        try await awaitBudget()
        let answer = Locked<Source.Request.Content?>(nil)
        let reply = await session.send(Source.request, credentials: credentials) { content in
            answer.withLock { $0 = content }
            return true
        }
        guard !reply.attempt.isCancelled, !Task.isCancelled else { throw .cancelled }
        if let refusal = reply.attempt.error {
            throw PollError(persistent: refusal, retryAfter: reply.attempt.retryAfterSeconds)
        }
        guard let content = answer.withLock({ $0 }) else { return }
        received = session.monotonic
        publish(Source.families(of: session.plan.name, content))
        for surplus in Source.truncations(of: content) where reportedParts.insert(surplus.part).inserted {
            session.report(.truncated(surplus, path: kind.path))
        }
    }

    /// On an agenda it is not polled before there is room; alone it waits.
    private func awaitBudget() async throws(PollError) {
        while case let now = session.monotonic, case let earliest = session.nextPermit(canWait: false, now: now),
            earliest > now
        {
            do { try await session.timeline.sleep(earliest) } catch { throw .cancelled }
        }
    }
}
