package import HTTPServer
import Locking
package import Metrics

/// Answers scrapes from a snapshot that is made at most once a second, and a short tail that is made when it is old.
///
/// Scrapes of one variant share their bytes by reference. A body never shows half of a snapshot, and no body shows
/// older numbers than one that was served before it was asked for.
package final class ScrapeHandler: Sendable {
    private let makeSnapshot: @Sendable () -> [MetricFamily]
    private let withCreated: Bool
    private let time: MonotonicClock
    /// When the first snapshot was made.
    private let begin: Int64
    private let scrapes: ScrapeLimit
    private let edition: Locked<PublishedState>
    private let offers = Locked(NegotiationCache())
    /// Whether something changed that the latest snapshot may lack.
    private let isStale = Locked(false)
    private let changes: AsyncStream<Void>
    private let change: AsyncStream<Void>.Continuation

    private static let snapshotInterval: Int64 = 1_000_000_000

    /// Makes the first snapshot.
    ///
    /// - Parameters:
    ///   - snapshot: all families that change by commits and events; called at most once a second, never by two
    ///     threads at once. It must see each commit whole. Series that come sorted by their labels cost least.
    ///   - tail: few families that change all the time; called in the way of a scrape, at most every 100 ms, under the
    ///     publisher's lock: it must be quick and must not call the publisher.
    ///   - maxRequests: how many scrapes may be in flight at once; 0 is without limit.
    ///   - withCreated: writes `_created` lines in OpenMetrics where the beginning of a series is known.
    package init(
        snapshot: @escaping @Sendable () -> [MetricFamily], tail: @escaping @Sendable () -> [MetricFamily] = { [] },
        maxRequests: Int = 40, withCreated: Bool = false, time: MonotonicClock = .system
    ) {
        makeSnapshot = snapshot
        self.withCreated = withCreated
        self.time = time
        begin = time.nanoseconds()
        scrapes = ScrapeLimit(maxRequests)
        let first = Snapshot(snapshot(), withCreated: withCreated)
        edition = Locked(PublishedState(first, tail: tail, withCreated: withCreated))
        (changes, change) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// What is served now.
    var snapshot: Snapshot { edition.withLock { $0.snapshot } }

    /// Says that something changed; cheap, from any thread. Changes within a second join one snapshot.
    package func setNeedsSnapshot() {
        let isFirst = isStale.withLock { isStale in
            defer { isStale = true }
            return !isStale
        }
        if isFirst { change.yield() }
    }

    /// Makes snapshots when something changed, until the task is cancelled; sleeps while nothing does.
    package func run() async {
        var next = begin + Self.snapshotInterval
        for await _ in changes {
            guard (try? await time.sleep(next)) != nil else { return }
            next = time.nanoseconds() + Self.snapshotInterval
            publish()
        }
    }

    /// Makes a snapshot with the variants that are in demand, and serves it from then on.
    private func publish() {
        // Cleared first: what changes while the snapshot is made asks for another.
        isStale.withLock { $0 = false }
        let snapshot = Snapshot(makeSnapshot(), withCreated: withCreated)
        let wanted = edition.withLock { $0.evictUnusedVariants(at: time.nanoseconds()) }
        // Without memory for one of them its first scrape tries again.
        for variant in wanted { _ = try? snapshot.part(variant) }
        edition.withLock { $0.replaceSnapshot(by: snapshot) }
    }

    /// Answers a request for the metrics, whatever its method. Called on the server's threads.
    package func respond(to request: borrowing Request) -> Response {
        guard request.method == "GET" || request.method == "HEAD" else {
            return errorResponse(405, "Method Not Allowed", ("Allow", "GET, HEAD"))
        }
        guard scrapes.tryAcquire() else {
            return errorResponse(503, "Limit of concurrent requests reached (\(scrapes.limit)), try again later.")
        }
        let (accept, acceptEncoding) = (request.values(of: "accept"), request.values(of: "accept-encoding"))
        var response = answer(offers.withLock { $0.offer(accept: accept, acceptEncoding: acceptEncoding) })
        response.onFinished = { [scrapes] _ in scrapes.release() }
        return response
    }

    private func answer(_ offer: NegotiatedVariant) -> Response {
        // Compression fails only without memory; the plain text needs none of zlib's.
        for offer in [offer, offer.uncompressed] {
            if let body = try? body(offer.variant) {
                return Response(status: 200, headers: offer.headers, body: .shared(body))
            }
        }
        return errorResponse(500, "An error has occurred while serving metrics: out of memory.")
    }

    private func body(_ variant: Variant) throws -> SharedBody {
        let now = time.nanoseconds()
        while true {
            let (snapshot, ready) = edition.withLock { ($0.snapshot, $0.cachedBody(variant, at: now)) }
            if let ready { return ready }
            // Outside the lock: the first scrape of a variant renders it, and others need not wait for that.
            let part = try snapshot.part(variant)
            let made = edition.withLock { $0.makeBody(variant, from: part, of: snapshot, at: now) }
            if let made { return made }
        }
    }

    private func errorResponse(_ status: Int, _ text: String, _ headers: (String, String)...) -> Response {
        var response = Response.text(status, text)
        response.headers += ([NegotiatedVariant.vary] + headers).map { (name: $0.0, value: $0.1) }
        return response
    }
}
