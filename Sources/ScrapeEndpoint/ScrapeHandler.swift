package import HTTPServer
import Locking
package import Metrics

/// Serves scrapes from a snapshot that is rendered at most once a second, and a short live section.
///
/// Scrapes of one variant share their bytes by reference. A body contains one whole snapshot, and no body is older than
/// one that was served before its scrape started.
package final class ScrapeHandler: Sendable {
    private let makeSnapshot: @Sendable () -> [MetricFamily]
    private let withCreated: Bool
    private let time: MonotonicClock
    /// When the first snapshot was made.
    private let start: Int64
    private let scrapes: ScrapeLimit
    private let state: Locked<PublishedState>
    private let negotiations = Locked(NegotiationCache())
    /// Whether something changed since the latest snapshot.
    private let isStale = Locked(false)
    private let changes: AsyncStream<Void>
    private let change: AsyncStream<Void>.Continuation

    private static let snapshotInterval: Int64 = 1_000_000_000

    /// Makes the first snapshot.
    ///
    /// - Parameters:
    ///   - snapshot: Collects the families that change by commits and events; called at most once a second, by one
    ///     thread at a time. It must see each commit whole. Series that are sorted by their labels cost least.
    ///   - live: Collects the few families that change all the time; called during a scrape, at most every 100 ms, under
    ///     the handler's lock: it must be fast and must not call the handler.
    ///   - maxRequests: The largest number of concurrent scrapes, slow readers aside; 0 for no limit.
    ///   - withCreated: Writes `_created` lines in OpenMetrics where the creation time of a series is known.
    package init(
        snapshot: @escaping @Sendable () -> [MetricFamily], live: @escaping @Sendable () -> [MetricFamily] = { [] },
        maxRequests: Int = 40, withCreated: Bool = false, time: MonotonicClock = .system
    ) {
        makeSnapshot = snapshot
        self.withCreated = withCreated
        self.time = time
        start = time.nanoseconds()
        scrapes = ScrapeLimit(maxRequests)
        let first = Snapshot(snapshot(), withCreated: withCreated)
        state = Locked(PublishedState(first, live: live, withCreated: withCreated))
        (changes, change) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// The current snapshot.
    var snapshot: Snapshot { state.withLock { $0.snapshot } }

    /// Requests a new snapshot; cheap, from any thread. Changes within a second share one snapshot.
    package func setNeedsSnapshot() {
        let isFirst = isStale.withLock { isStale in
            defer { isStale = true }
            return !isStale
        }
        if isFirst { change.yield() }
    }

    /// Makes snapshots when something changed, until the task is cancelled.
    package func run() async {
        var next = start + Self.snapshotInterval
        for await _ in changes {
            guard (try? await time.sleep(next)) != nil else { return }
            next = time.nanoseconds() + Self.snapshotInterval
            publish()
        }
    }

    /// Makes a snapshot, renders the variants that were requested lately, and publishes it.
    private func publish() {
        // Cleared first: a change while the snapshot is made requests another.
        isStale.withLock { $0 = false }
        let snapshot = Snapshot(makeSnapshot(), withCreated: withCreated)
        let variants = state.withLock { $0.evictUnusedVariants(at: time.nanoseconds()) }
        // If memory is short for one of them, its next scrape tries again.
        for variant in variants { _ = try? snapshot.part(variant) }
        state.withLock { $0.replaceSnapshot(by: snapshot) }
    }

    /// The response to a request for the metrics, of any method; called on the server's threads.
    package func respond(to request: borrowing Request) -> Response {
        guard request.method == "GET" || request.method == "HEAD" else {
            return errorResponse(405, "Method Not Allowed", ("Allow", "GET, HEAD"))
        }
        guard let number = scrapes.tryAcquire(at: time.nanoseconds()) else {
            return errorResponse(503, "Limit of concurrent requests reached (\(scrapes.limit)), try again later.")
        }
        let (accept, acceptEncoding) = (request.values(of: "accept"), request.values(of: "accept-encoding"))
        var response = response(negotiations.withLock { $0.variant(accept: accept, acceptEncoding: acceptEncoding) })
        response.onFinished = { [scrapes] _ in scrapes.release(number) }
        return response
    }

    private func response(_ negotiated: NegotiatedVariant) -> Response {
        // Compression fails only for lack of memory; the plain text does not need zlib's.
        for choice in [negotiated, negotiated.uncompressed] {
            if let body = try? body(choice.variant) {
                return Response(status: 200, headers: choice.headers, body: .shared(body))
            }
        }
        return errorResponse(500, "An error has occurred while serving metrics: out of memory.")
    }

    private func body(_ variant: Variant) throws -> SharedBody {
        let now = time.nanoseconds()
        while true {
            let (snapshot, ready) = state.withLock { ($0.snapshot, $0.cachedBody(variant, at: now)) }
            if let ready { return ready }
            // Outside the lock: the first scrape of a variant renders it while other scrapes proceed.
            let part = try snapshot.part(variant)
            let made = state.withLock { $0.makeBody(variant, from: part, of: snapshot, at: now) }
            if let made { return made }
        }
    }

    private func errorResponse(_ status: Int, _ text: String, _ headers: (String, String)...) -> Response {
        var response = Response.text(status, text)
        response.headers += ([NegotiatedVariant.vary] + headers).map { (name: $0.0, value: $0.1) }
        return response
    }
}

/// How many scrapes may be in progress at once.
///
/// A scrape counts until its response has ended, but for a second at most: what takes longer is a client that reads
/// slowly. It costs no work, and must not keep others from being served.
final class ScrapeLimit: Sendable {
    /// 0 means no limit.
    let limit: Int
    private let started = Locked(Started())

    private struct Started {
        var instants: [Int: Int64] = [:]
        var next = 0
    }

    private static let maxNanoseconds: Int64 = 1_000_000_000

    init(_ limit: Int) { self.limit = limit }

    /// Starts a scrape at an instant of a monotonic clock, in nanoseconds.
    ///
    /// - Returns: the number to pass to `release`; nil when the limit is reached.
    func tryAcquire(at now: Int64) -> Int? {
        guard limit > 0 else { return 0 }
        return started.withLock { started in
            if started.instants.count >= limit {
                started.instants = started.instants.filter { now - $0.value < Self.maxNanoseconds }
            }
            guard started.instants.count < limit else { return nil }
            started.next += 1
            started.instants[started.next] = now
            return started.next
        }
    }

    /// Ends the scrape.
    func release(_ number: Int) {
        if limit > 0 { started.withLock { $0.instants[number] = nil } }
    }
}
