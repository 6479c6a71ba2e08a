import Darktrace
import Ledger
import Locking
import Metrics

/// Polls the list of open breaches, counts which of the others are acknowledged, and looks at the full records of those
/// whose short ones do not tell.
final class AcknowledgementFeed: Feed {
    let kind = FeedKind.acknowledgements
    private(set) var isRefused = false
    private let session: ApplianceSession
    private let window: Duration
    private let open: OpenBreaches
    private let counted: CountedFeed<AcknowledgementCounting>
    private let lookups: AcknowledgementLookups
    private let publish: @Sendable ([MetricFamily]) -> Void
    /// What `counted` published last.
    private let countedFamilies: Families
    private var gauges: [MetricFamily] = []
    /// When the exposed list was complete.
    private var received: MonotonicInstant?
    private var hasSucceeded = false
    /// Where the next poll begins.
    private var next = Step.list
    /// The list of open breaches, as far as it has been read.
    private var scan: Scan?
    private var windowSize = AdaptiveWindow(width: .day * 32)

    private final class Families: Sendable {
        let current = Locked<[MetricFamily]>([])
    }

    /// What a poll does; with a small budget each poll has a request for one of them, so they take turns.
    private enum Step: CaseIterable {
        case list, counting, lookups

        var following: Step {
            switch self {
            case .list: .counting
            case .counting: .lookups
            case .lookups: .list
            }
        }
    }

    private struct Scan {
        var list = OpenList()
        var position: ApplianceTime
        let end: ApplianceTime
        /// When the last part was read.
        var continued: MonotonicInstant
    }

    /// - Parameter restored: What the ledger holds; nothing may have been written since.
    init(
        session: ApplianceSession, ledger: any Ledger, restored: LedgerSnapshot<AcknowledgementCounting>? = nil,
        publish: @escaping @Sendable ([MetricFamily]) -> Void
    ) {
        self.session = session
        self.publish = publish
        let configuration = session.configuration
        window = configuration.window(of: .acknowledgements)
        // The counting asks by the list of open breaches, also when it came with the snapshot.
        open = restored?.counting.open ?? OpenBreaches()
        let families = Families()
        countedFamilies = families
        let counting = AcknowledgementCounting(configuration, open: open)
        counted = CountedFeed(
            .acknowledgements, counting, session: session, ledger: ledger,
            settings: .acknowledgements(configuration), restored: restored
        ) { new in families.current.withLock { $0 = new } }
        lookups = AcknowledgementLookups(session: session, counting: counting, counted: counted)
    }

    var counts: PollCounts { counted.counts }
    var heldSeries: (feed: FeedKey, rows: [RowKey]) { counted.heldSeries }
    var timerDue: MonotonicInstant? { received.map { session.staleAt($0, kind) } }

    func restore() async {
        await counted.restore()
        publishAll()
    }

    /// The list has become stale.
    func timerFired() async {
        received = nil
        gauges = []
        publishAll()
    }

    private func publishAll() { publish(gauges + countedFamilies.current.withLock { $0 }) }

    // MARK: Polls

    func poll(credentials: Credentials, until deadline: MonotonicInstant?) async throws(PollError) {
        defer { publishAll() }
        // With a schedule it is polled only when there is a permit; in a single poll it waits for one.
        _ = try await session.hasPermit(before: nil)
        // The first request is sent even if model breaches are due already, as they may always be.
        var first: MonotonicInstant?
        for _ in Step.allCases {
            let step = next
            // What fails does not keep the next poll from the others.
            next = step.following
            guard try await perform(step, credentials, first: first, until: deadline) else {
                next = step
                return
            }
            first = deadline
        }
        next = .list
    }

    /// - Parameter first: The deadline of the first request; nil for none.
    /// - Returns: False if there was no request left for it.
    private func perform(
        _ step: Step, _ credentials: Credentials, first: MonotonicInstant?, until deadline: MonotonicInstant?
    ) async throws(PollError) -> Bool {
        if step == .lookups { return try await lookups.poll(credentials, first: first, until: deadline) }
        guard try await session.hasPermit(before: first) else { return false }
        switch step {
        case .list: try await readList(credentials, until: deadline)
        default: try await counted.poll(credentials: credentials, until: deadline)
        }
        return true
    }

    // MARK: The list of open breaches

    /// How often the only poll halves its windows after slow responses: from a month to a few hours.
    private static let retries = 8

    /// Reads the list window by window; another poll continues where this one ends or fails.
    private func readList(_ credentials: Credentials, until deadline: MonotonicInstant?) async throws(PollError) {
        let now = session.now
        let begin = session.monotonic
        // What was read long ago is not true any more.
        let continued = self.scan.take().flatMap { session.staleAt($0.continued, kind) > begin ? $0 : nil }
        var scan = continued ?? Scan(position: max(.epoch, now - window), end: now, continued: begin)
        var retries = Self.retries
        while true {
            let end = min(scan.position + windowSize.width, scan.end)
            do throws(PollError) {
                try await read(QueryWindow(start: scan.position, end: end), into: &scan.list, credentials)
                scan.position = end
                scan.continued = session.monotonic
            } catch {
                // The next poll uses narrower windows; the only one has no next.
                guard deadline == nil, windowSize.width < end - scan.position, retries > 0 else {
                    self.scan = scan
                    throw error
                }
                retries -= 1
                _ = try await session.hasPermit(before: nil)
                continue
            }
            if end >= scan.end { break }
            guard try await session.hasPermit(before: deadline) else {
                self.scan = scan
                return
            }
        }
        received = session.monotonic
        open.replace(scan.list.open, from: scan.end - self.window, upTo: scan.end)
        gauges = scan.list.families(of: session.configuration.name)
    }

    /// Reads a part of the list; after a response that is too large or too slow the next poll uses narrower windows.
    private func read(
        _ window: QueryWindow, into list: inout OpenList, _ credentials: Credentials
    ) async throws(PollError) {
        let request = ModelBreachesRequest(
            startMilliseconds: window.start.milliseconds, endMilliseconds: window.end.milliseconds,
            includesAcknowledged: false)
        let collected = Locked(list)
        let outcome = await session.send(request, priority: kind.priority, credentials: credentials) { record in
            collected.withLock { $0.add(record) }
            return true
        }
        guard !outcome.attempt.isCancelled, !Task.isCancelled else { throw .cancelled }
        isRefused = !hasSucceeded && outcome.attempt.showsUnavailability
        if let failure = QueryPlanner.FailedRequest(outcome.attempt) {
            let reason = failure.error.reason
            if failure.isWindowTooLarge { _ = windowSize.shrink(window.span, because: reason) }
            throw PollError(failure.error, retryAfter: failure.retryAfter)
        }
        hasSucceeded = true
        windowSize.grow(after: window.span)
        list = collected.withLock { $0 }
    }
}

/// The open breaches of a window.
private struct OpenList: Sendable {
    private(set) var open: Set<BreachIdentity> = []
    private var categories: [Category: (count: Int, oldest: Int64)] = [:]

    mutating func add(_ record: Result<ModelBreach, UnreadableRecord>) {
        guard case .success(let breach) = record, breach.acknowledgedMilliseconds == nil,
            let identity = BreachIdentity(breach), open.insert(identity).inserted
        else { return }
        let known = categories[breach.category]
        categories[breach.category] = ((known?.count ?? 0) + 1, min(known?.oldest ?? .max, identity.creation))
    }

    func families(of appliance: String) -> [MetricFamily] {
        func family(_ descriptor: Descriptor, _ value: (Category) -> Double?) -> MetricFamily {
            let series = Category.allCases.compactMap { category in
                value(category).map {
                    Series(Labels(descriptor.labelNames, [appliance, category.rawValue]), .number($0))
                }
            }
            return MetricFamily(descriptor, SeriesTable(series).sorted())
        }
        return [
            family(AcknowledgementMetrics.open) { Double(categories[$0]?.count ?? 0) },
            family(AcknowledgementMetrics.oldest) { categories[$0].map { Double($0.oldest) / 1_000 } },
        ]
    }
}
