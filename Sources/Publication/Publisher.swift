package import HTTPServer
import Locking
package import Metrics

/// Answers scrapes from a snapshot that is made at most once a second, and a short tail that is made when it is old.
///
/// Scrapes of one variant share their bytes by reference. A body never shows half of a snapshot, and no body shows
/// older numbers than one that was served before it was asked for.
package final class Publisher: Sendable {
    private let makeSnapshot: @Sendable () -> [Family]
    private let makeTail: @Sendable () -> [Family]
    private let withCreated: Bool
    private let time: SteadyTime
    /// When the first snapshot was made.
    private let begin: Int64
    private let scrapes: ScrapeLimit
    private let state: Locked<State>
    private let changes: AsyncStream<Void>
    private let change: AsyncStream<Void>.Continuation

    private static let snapshotInterval: Int64 = 1_000_000_000
    private static let tailAge: Int64 = 100_000_000
    private static let demandAge: Int64 = 600 * 1_000_000_000

    private struct State {
        var snapshot: Snapshot
        var isStale = false
        var tail: Tail?
        /// Whole bodies of this snapshot with this tail.
        var bodies: [Variant: SharedBody] = [:]
        /// When each variant was last asked for.
        var demand: [Variant: Int64] = [:]
        var offers = OfferMemory()
    }

    /// Makes the first snapshot.
    ///
    /// - Parameters:
    ///   - snapshot: all families that change by commits and events; called at most once a second, never by two
    ///     threads at once. It must see each commit whole.
    ///   - tail: few families that change all the time; called in the way of a scrape, at most every 100 ms, under the
    ///     publisher's lock: it must be quick and must not call the publisher.
    ///   - maxRequests: how many scrapes may be in flight at once; 0 is without limit.
    ///   - withCreated: writes `_created` lines in OpenMetrics where the beginning of a series is known.
    package init(
        snapshot: @escaping @Sendable () -> [Family], tail: @escaping @Sendable () -> [Family] = { [] },
        maxRequests: Int = 40, withCreated: Bool = false, time: SteadyTime = .system
    ) {
        makeSnapshot = snapshot
        makeTail = tail
        self.withCreated = withCreated
        self.time = time
        scrapes = ScrapeLimit(maxRequests)
        begin = time.nanoseconds()
        state = Locked(State(snapshot: Snapshot(snapshot(), withCreated: withCreated)))
        (changes, change) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// What is served now.
    var snapshot: Snapshot { state.withLock { $0.snapshot } }

    /// Says that something changed; cheap, from any thread. Changes within a second join one snapshot.
    package func setNeedsSnapshot() {
        let isFirst = state.withLock { state in
            defer { state.isStale = true }
            return !state.isStale
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

    /// Answers a request for the metrics, whatever its method. Called on the server's threads.
    package func respond(to request: borrowing Request) -> Response {
        guard request.method == "GET" || request.method == "HEAD" else {
            return refusal(405, "Method Not Allowed", ("Allow", "GET, HEAD"))
        }
        guard scrapes.enter() else {
            return refusal(503, "Limit of concurrent requests reached (\(scrapes.limit)), try again later.")
        }
        let (accept, acceptEncoding) = (request.values(of: "accept"), request.values(of: "accept-encoding"))
        let offer = state.withLock { $0.offers.offer(accept: accept, acceptEncoding: acceptEncoding) }
        var response = answer(offer)
        response.onFinished = { [scrapes] _ in scrapes.leave() }
        return response
    }

    private func answer(_ offer: Offer) -> Response {
        // Compression fails only without memory; the plain text needs none of zlib's.
        for offer in [offer, offer.uncompressed] {
            if let body = try? body(offer.variant) {
                return Response(status: 200, headers: offer.headers, body: .shared(body))
            }
        }
        return refusal(500, "An error has occurred while serving metrics: out of memory.")
    }

    private func refusal(_ status: Int, _ text: String, _ headers: (String, String)...) -> Response {
        var response = Response.text(status, text)
        response.headers += ([Offer.vary] + headers).map { (name: $0.0, value: $0.1) }
        return response
    }
}

// MARK: - Bodies

extension Publisher {
    private func body(_ variant: Variant) throws -> SharedBody {
        let now = time.nanoseconds()
        var (snapshot, ready) = state.withLock { state in
            state.demand[variant] = now
            return (state.snapshot, body(variant, of: &state, at: now))
        }
        while true {
            if let ready { return ready }
            // Outside the lock: the first scrape of a variant renders it, and others need not wait for that.
            let part = try snapshot.part(variant)
            (snapshot, ready) = state.withLock { state in
                // A newer snapshot has come meanwhile, and others may have been served from it.
                guard state.snapshot === snapshot else { return (state.snapshot, nil) }
                return (snapshot, makeBody(variant, from: part, of: &state, at: now))
            }
        }
    }

    /// The body that is ready, if its tail is young enough.
    private func body(_ variant: Variant, of state: inout State, at now: Int64) -> SharedBody? {
        guard let tail = state.tail, now - tail.madeNanoseconds <= Self.tailAge else { return nil }
        return state.bodies[variant]
    }

    private func makeBody(
        _ variant: Variant, from part: StableBytes, of state: inout State, at now: Int64
    ) -> SharedBody {
        if let body = body(variant, of: &state, at: now) { return body }
        var tail = youngTail(of: &state, at: now)
        let body = part.body(endingWith: tail.text(variant.syntax))
        state.tail = tail
        state.bodies[variant] = body
        return body
    }

    private func youngTail(of state: inout State, at now: Int64) -> Tail {
        if let tail = state.tail, now - tail.madeNanoseconds <= Self.tailAge { return tail }
        state.bodies.removeAll()
        return Tail(makeTail(), after: state.snapshot, withCreated: withCreated, madeNanoseconds: now)
    }

    /// Makes a snapshot with the variants that are in demand, and serves it from then on.
    private func publish() {
        // Cleared first: what changes while the snapshot is made asks for another.
        state.withLock { $0.isStale = false }
        let snapshot = Snapshot(makeSnapshot(), withCreated: withCreated)
        let horizon = time.nanoseconds() - Self.demandAge
        let wanted = state.withLock { state in
            state.demand = state.demand.filter { $0.value >= horizon }
            return Array(state.demand.keys)
        }
        // Without memory for one of them its first scrape tries again.
        for variant in wanted { _ = try? snapshot.part(variant) }
        state.withLock { state in
            state.snapshot = snapshot
            state.tail = nil
            state.bodies.removeAll()
        }
    }
}
