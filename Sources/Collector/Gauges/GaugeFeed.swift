import Darktrace
import Ledger
import Locking
import Metrics

/// Polls an endpoint that reports a current state, and exposes its latest response until that is stale. Nothing of it
/// is stored.
final class GaugeFeed: Feed {
    let kind: FeedKind
    private(set) var counts = PollCounts()
    private var requests: [Request]
    private let session: ApplianceSession
    private let publish: @Sendable ([MetricFamily]) -> Void
    private(set) var isRefused = false
    /// The next poll starts with this request: the last one had no permit left for it.
    private var nextIndex = 0
    private var reportedParts: Set<String> = []
    private var reportedFields: Set<String> = []
    private var reportedMasters: [[String]] = []

    /// One request of each poll, and what its latest response exposes.
    private struct Request {
        let table: GaugeTable
        /// By the metrics of the table.
        var families: [MetricFamily?] = []
        /// Whether the latest first request, successful or not, makes this one worth sending.
        var isNeeded: Bool
        /// When the response was received; nil if nothing is exposed.
        var received: MonotonicInstant?
        var hasSucceeded = false
        /// Not sent again before this instant: the appliance does not have it.
        var unavailableUntil: MonotonicInstant?

        /// Exposes nothing.
        mutating func remove() { (families, received) = ([], nil) }
    }

    /// How long a request is left out that the appliance does not have, while others of the feed succeed.
    private static let unavailableTime = Duration.seconds(3_600)

    init(
        _ kind: FeedKind, _ table: GaugeTable, session: ApplianceSession,
        publish: @escaping @Sendable ([MetricFamily]) -> Void
    ) {
        self.kind = kind
        requests = ([table] + table.further).map { Request(table: $0, isNeeded: $0.isNeeded(nil)) }
        self.session = session
        self.publish = publish
    }

    var heldSeries: (feed: FeedKey, rows: [RowKey]) {
        (FeedKey(appliance: session.configuration.name, feed: kind.name), [])
    }

    var timerDue: MonotonicInstant? { requests.compactMap(\.received).map(staleAt).min() }

    private func staleAt(_ received: MonotonicInstant) -> MonotonicInstant { session.staleAt(received, kind) }

    /// The response of a previous run is unknown.
    func restore() async { publish([]) }

    func timerFired() async {
        for index in requests.indices where requests[index].received.map({ staleAt($0) <= session.monotonic }) == true {
            requests[index].remove()
        }
        publishAll()
    }

    private func publishAll() { publish(requests.flatMap { $0.families.compactMap(\.self) }) }

    func poll(credentials: Credentials, until deadline: MonotonicInstant?) async throws(PollError) {
        counts = PollCounts()
        var results: [RequestResult] = []
        let order = requests.indices.map { (nextIndex + $0) % requests.count }
        nextIndex = 0
        for index in order where isDue(index) {
            if index > 0, !requests[index].isNeeded { continue }
            guard try await session.hasPermit(before: results.isEmpty ? nil : deadline) else {
                nextIndex = index
                break
            }
            let (attempt, fold) = try await send(index, credentials)
            results.append(record(attempt, fold, of: index))
            if index == 0 { updateFurtherRequests(attempt.error == nil ? fold : nil) }
            // Every other error concerns all requests to this appliance.
            if let error = attempt.error, RetryPolicy.Scope(error.reason) != .feed { break }
        }
        if results.contains(where: { $0.attempt.error == nil }) { publishAll() }
        // Also of the first part of a poll: a success would be reported while nothing is available.
        isRefused = results.allSatisfy(\.isRefused) && !requests.contains(where: \.hasSucceeded)
        // A request that the appliance does not have is a failure only if there is nothing else.
        let failed =
            isUnavailable
            ? results.first : results.first { $0.attempt.error != nil && !(kind.isOptional && $0.isRefused) }
        guard let failed, let error = failed.attempt.error else { return }
        throw PollError(
            optional: error, isUnavailable: isUnavailable, retryAfter: failed.attempt.retryAfter)
    }

    /// Decides which of the further requests are sent, by the response to the first one, nil if it failed.
    ///
    /// What a response makes void is removed, also if it was received shortly before. What a failed request would have
    /// exposed stays until it is stale.
    private func updateFurtherRequests(_ first: GaugeTable.Fold?) {
        for index in requests.indices.dropFirst() {
            requests[index].isNeeded = requests[index].table.isNeeded(first)
            if first != nil, !requests[index].isNeeded { requests[index].remove() }
        }
    }

    private func isDue(_ index: Int) -> Bool {
        requests[index].unavailableUntil.map { $0 <= session.monotonic } ?? true
    }

    private struct RequestResult {
        let attempt: Attempt
        /// The request has never succeeded, and the response shows that the appliance does not have it.
        let isRefused: Bool
    }

    private func send(
        _ index: Int, _ credentials: Credentials
    ) async throws(PollError) -> (attempt: Attempt, fold: GaugeTable.Fold) {
        let table = requests[index].table
        let folded = Locked(GaugeTable.Fold(table))
        let window = QueryWindow(last: session.configuration.window(of: kind), before: session.now)
        let outcome = await session.send(
            table.request(window), priority: kind.priority, credentials: credentials,
            mayBeUnavailable: kind.isOptional && !requests[index].hasSucceeded
        ) { element in
            folded.withLock { $0.add(element) }
            return true
        }
        guard !outcome.attempt.isCancelled, !Task.isCancelled else { throw .cancelled }
        return (outcome.attempt, folded.withLock { $0 })
    }

    /// Remembers what a request gave.
    private func record(_ attempt: Attempt, _ fold: GaugeTable.Fold, of index: Int) -> RequestResult {
        guard attempt.error == nil else {
            let isRefused = !requests[index].hasSucceeded && attempt.showsUnavailability
            // The first request has the backoff of the feed.
            if isRefused, kind.isOptional, index > 0 {
                requests[index].unavailableUntil = session.monotonic + Self.unavailableTime
            }
            return RequestResult(attempt: attempt, isRefused: isRefused)
        }
        requests[index].hasSucceeded = true
        requests[index].received = session.monotonic
        requests[index].families = fold.families(of: session.configuration.name, after: requests[index].families)
        let masters = fold.labels(of: "darktrace_master_info")
        if masters != reportedMasters { session.report(.mastersListed(masters)) }
        reportedMasters = masters
        for truncation in fold.truncations where reportedParts.insert(truncation.part).inserted {
            session.report(.truncated(truncation, path: attempt.path))
        }
        report(fold.unreadable, path: attempt.path)
        return RequestResult(attempt: attempt, isRefused: false)
    }

    /// Fields that are present but unreadable are reported once by their key, of which there are few: the path has
    /// names of the appliance in it.
    private func report(_ unreadable: UnreadableFields, path responsePath: String) {
        counts.unreadableFields += unreadable.count
        for (key, path) in unreadable.firstPaths.sorted(by: { $0.key < $1.key })
        where reportedFields.count < Self.reportedFieldsLimit && reportedFields.insert(key).inserted {
            session.report(.unreadableField(path, path: responsePath))
        }
    }

    private static let reportedFieldsLimit = 256
}
