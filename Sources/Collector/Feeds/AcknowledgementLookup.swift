import Darktrace
import Ledger
import Locking

/// A request for full records, where short ones do not show acknowledgements.
enum AcknowledgementLookup: Equatable {
    case single(BreachIdentity)
    case window(QueryWindow)

    /// A breach that may be acknowledged.
    struct Candidate: Equatable {
        let breach: BreachIdentity
        var form = Form.any
    }

    /// How to request a candidate: where one form did not have it, in the other one. An appliance that was reset gives
    /// ids again, and one that ignores `creationtime` has other windows.
    enum Form {
        case any, single, window
    }

    /// This many candidates are requested one by one in a poll; more of them in one window.
    static let maxSingles = 5

    /// What to request first.
    ///
    /// A full record has up to 27 kB, so a window of them is requested only where it has many candidates, and no more
    /// of it than the candidates need.
    ///
    /// - Parameters:
    ///   - candidates: The newest first.
    ///   - width: Of the widest window.
    ///   - singles: How many may still be requested one by one; nil if the appliance does not answer such requests.
    static func first(of candidates: [Candidate], width: Duration, singles: Int?) -> Self? {
        let inWindows = candidates.filter { $0.form != .single }
        if let newest = inWindows.first?.breach {
            let near = inWindows.prefix { newest.creation - $0.breach.creation < width.milliseconds }
            let oldest = near.last?.breach ?? newest
            if singles == nil || near.count > maxSingles || near.contains(where: { $0.form == .window }) {
                // Whether the API includes the end of a window is not documented.
                return .window(
                    QueryWindow(
                        start: ApplianceTime(milliseconds: oldest.creation),
                        end: ApplianceTime(milliseconds: newest.creation + 1)))
            }
        }
        guard let singles, singles > 0 else { return nil }
        return candidates.first.map { .single($0.breach) }
    }
}

/// Looks at the full records of breaches that may be acknowledged, the newest first.
final class AcknowledgementLookups {
    private let session: ApplianceSession
    private let open: OpenBreaches
    private let counting: AcknowledgementCounting
    private let counted: CountedFeed<AcknowledgementCounting>
    private var windowSize = AdaptiveWindow()
    /// The appliance answers a request for a single breach.
    private var hasSingles = true

    /// What has no acknowledgement is looked at again after this time.
    private static let repetition = Duration.day
    private static let widest = Duration.day

    init(
        session: ApplianceSession, counting: AcknowledgementCounting, counted: CountedFeed<AcknowledgementCounting>
    ) {
        self.session = session
        self.counting = counting
        self.counted = counted
        open = counting.open
    }

    /// Looks at as many as the request budget permits before the deadline; the next poll continues.
    ///
    /// - Parameter first: The deadline of the first request; nil for none.
    /// - Returns: False if there was something to look at, and no request for it.
    func poll(
        _ credentials: Credentials, first: MonotonicInstant?, until deadline: MonotonicInstant?
    ) async throws(PollError) -> Bool {
        // Until then every record is requested in full, so that what is old already counts in the first value.
        guard counted.counts.isComplete else { return true }
        try await dropCounted()
        var singles = deadline == nil ? Int.max : AcknowledgementLookup.maxSingles
        var hasSent = false
        while let lookup = AcknowledgementLookup.first(
            of: open.candidates(at: session.monotonic), width: min(windowSize.width, Self.widest),
            singles: hasSingles ? singles : nil)
        {
            guard try await session.hasPermit(before: hasSent ? deadline : first) else { return hasSent }
            hasSent = true
            switch lookup {
            case .single(let breach):
                singles -= 1
                try await look(at: breach, credentials)
            case .window(let window): try await look(in: window, credentials)
            }
        }
        return true
    }

    /// After a restart most candidates are counted already, which the ledger knows.
    private func dropCounted() async throws(PollError) {
        let candidates = open.candidates(at: session.monotonic).map(\.breach)
        guard !candidates.isEmpty else { return }
        let isUncounted = try await counted.areUncounted(candidates.map(\.seenRecord))
        open.note(counted: zip(candidates, isUncounted).filter { !$0.1 }.map { $0.0 })
    }

    private func look(at breach: BreachIdentity, _ credentials: Credentials) async throws(PollError) {
        let creation = ApplianceTime(milliseconds: breach.creation)
        let collected = Locked(Found(QueryWindow(start: creation, end: creation)))
        let outcome = await session.send(
            SingleModelBreachRequest(id: breach.id), priority: .secondary, credentials: credentials
        ) { [counting] record in
            collected.withLock { $0.add(.success(record), by: counting) }
            return true
        }
        if let failure = try failure(outcome), failure.error.reason != .notFound {
            // It does not know the parameter, or sends a list.
            guard [.input, .malformed].contains(failure.error.reason) else {
                throw PollError(failure.error, retryAfter: failure.retryAfter)
            }
            hasSingles = false
            return
        }
        try await counted.count(collected.withLock { $0.batch })
        let (found, due) = (collected.withLock { $0.breaches }, session.monotonic + Self.repetition)
        open.postpone(found, until: due)
        if !found.contains(breach) { open.noteMissing([breach], in: .single, until: due) }
    }

    private func look(in window: QueryWindow, _ credentials: Credentials) async throws(PollError) {
        let request = ModelBreachesRequest(
            startMilliseconds: window.start.milliseconds, endMilliseconds: window.end.milliseconds, minimal: false)
        let collected = Locked(Found(window))
        let limit = window.span > AdaptiveWindow.narrowest ? session.configuration.maxRecords : .max
        let outcome = await session.send(request, priority: .secondary, credentials: credentials) { [counting] record in
            collected.withLock {
                $0.add(record, by: counting)
                return $0.batch.summary.received <= limit
            }
        }
        if let failure = try failure(outcome) {
            if failure.isWindowTooLarge { _ = windowSize.shrink(window.span, because: failure.error.reason) }
            throw PollError(failure.error, retryAfter: failure.retryAfter)
        }
        if windowSize.width < Self.widest { windowSize.grow(after: windowSize.width) }
        let found = collected.withLock { $0 }
        let requested = open.candidates(at: session.monotonic).lazy.map(\.breach)
            .filter { (window.start.milliseconds..<window.end.milliseconds).contains($0.creation) }
        try await counted.count(found.batch)
        let due = session.monotonic + Self.repetition
        open.postpone(found.breaches, until: due)
        open.noteMissing(requested.filter { !found.breaches.contains($0) }, in: .window, until: due)
    }

    /// Nil after a success.
    private func failure(_ outcome: RequestOutcome) throws(PollError) -> QueryPlanner.FailedRequest? {
        guard !outcome.attempt.isCancelled, !Task.isCancelled else { throw .cancelled }
        return QueryPlanner.FailedRequest(outcome.attempt)
    }

    /// The response to a window.
    private struct Found {
        var batch: RecordBatch<AcknowledgementCounting.Entry>
        var breaches: Set<BreachIdentity> = []

        init(_ window: QueryWindow) { batch = RecordBatch(window: window) }

        mutating func add(_ record: Result<ModelBreach, UnreadableRecord>, by counting: AcknowledgementCounting) {
            batch.add(record, by: counting)
            if case .success(let breach) = record, let identity = BreachIdentity(breach) { breaches.insert(identity) }
        }
    }
}
