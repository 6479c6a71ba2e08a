import Darktrace
import Ledger
import Locking
import Metrics

/// Polls an endpoint that reports a current state, and exposes its latest response until that is stale. Nothing of it
/// is stored.
final class GaugeFeed: Feed {
    let kind: FeedKind
    private(set) var counts = PollCounts()
    private let table: GaugeTable
    private let session: ApplianceSession
    private let publish: @Sendable ([MetricFamily]) -> Void
    /// When the exposed response was received, in nanoseconds of the monotonic clock; nil if nothing is exposed.
    private var received: Int64?
    private var hasSucceeded = false
    private(set) var isUnavailable = false
    private var reportedParts: Set<String> = []
    private var reportedFields: Set<String> = []

    /// After so many intervals a response is stale.
    private static let staleAfterIntervals = 3.0

    init(
        _ kind: FeedKind, _ table: GaugeTable, session: ApplianceSession,
        publish: @escaping @Sendable ([MetricFamily]) -> Void
    ) {
        self.kind = kind
        self.table = table
        self.session = session
        self.publish = publish
    }

    var heldSeries: (feed: FeedKey, rows: [RowKey]) { (FeedKey(appliance: session.plan.name, feed: kind.name), []) }

    /// When the response becomes stale: by its own interval, or with an appliance that does not respond at all.
    var timerDue: Int64? {
        guard let received else { return nil }
        let stale = received + intervals(session.plan.interval(of: kind))
        guard let silent = session.silentSince else { return stale }
        return min(stale, silent + intervals(session.plan.pollInterval))
    }

    private func intervals(_ seconds: Double) -> Int64 {
        Int64(seconds: Self.staleAfterIntervals * seconds, unit: 1e9)
    }

    /// The response of a previous run is unknown.
    func restore() async { publish([]) }

    func timerFired() async {
        received = nil
        publish([])
    }

    func poll(credentials: Credentials, until deadline: Int64) async throws(PollError) {
        try await waitForPermit()
        let folded = Locked(GaugeTable.Fold(table))
        let outcome = await session.send(
            table.request, credentials: credentials, mayBeUnavailable: kind.isOptional && !hasSucceeded
        ) { element in
            folded.withLock { $0.add(element) }
            return true
        }
        guard !outcome.attempt.isCancelled, !Task.isCancelled else { throw .cancelled }
        let error = outcome.attempt.error
        isUnavailable = kind.isOptional && !hasSucceeded && error?.reason.isAboutAvailability == true
        if let error {
            throw PollError(persistent: error, retryAfter: outcome.attempt.retryAfterSeconds)
        }
        hasSucceeded = true
        received = session.monotonic
        let (families, truncations, unreadable) = folded.withLock {
            ($0.families(of: session.plan.name), $0.truncations, $0.unreadable)
        }
        publish(families)
        for truncation in truncations where reportedParts.insert(truncation.part).inserted {
            session.report(.truncated(truncation, path: kind.path))
        }
        report(unreadable)
    }

    /// Fields that are present but unreadable are reported once by their key, of which there are few: the path has
    /// names of the appliance in it.
    private func report(_ unreadable: UnreadableFields) {
        counts.unreadableFields = unreadable.count
        for (key, path) in unreadable.firstPaths.sorted(by: { $0.key < $1.key })
        where reportedFields.count < Self.reportedFieldsLimit && reportedFields.insert(key).inserted {
            session.report(.unreadableField(path, path: kind.path))
        }
    }

    private static let reportedFieldsLimit = 256

    /// With a schedule it is polled only when the budget permits; in a single poll it waits.
    private func waitForPermit() async throws(PollError) {
        while case let now = session.monotonic, case let permit = session.nextPermit(canWait: false, now: now),
            permit > now
        {
            do { try await session.clocks.sleep(permit) } catch { throw .cancelled }
        }
    }
}

/// What a gauge feed requests, and the metrics that its response becomes.
package struct GaugeTable: Sendable {
    let path: String
    let query: String
    let permissionHint: Hint?
    let response: GaugeResponse
    package let metrics: [GaugeMetric]

    var request: GaugeRequest<GaugeReading> {
        GaugeRequest(path: path, query: query, permissionHint: permissionHint, response: response) {
            [metrics] in GaugeReading($0, metrics)
        }
    }

    /// The values of a response: of an object, or added up over all elements of a list.
    struct Fold: Sendable {
        private let metrics: [GaugeMetric]
        private var values: [GaugeMetric.Values]
        private(set) var truncations: [Truncation] = []
        private(set) var unreadable = UnreadableFields()

        init(_ table: GaugeTable) {
            metrics = table.metrics
            values = table.metrics.map(\.initialValues)
        }

        mutating func add(_ element: Result<GaugeReading, UnreadableRecord>) {
            guard case .success(let reading) = element else { return }
            for (index, element) in reading.values.enumerated() { metrics[index].fold(element, into: &values[index]) }
            truncations += reading.truncations
            unreadable.add(reading.unreadable)
        }

        func families(of appliance: String) -> [MetricFamily] {
            zip(metrics, values).compactMap { $0.family(of: appliance, $1) }
        }
    }
}
