import Dispatch
package import HTTPServer
import Locking
package import Metrics

/// Serves scrapes from families that are collected when a scrape asks for them, or shortly before an expected scrape, at
/// most once a second.
///
/// Scrapes of one variant share their bytes by reference. No body is older than one that was served before its scrape
/// started. What takes time happens on a queue of its own, once for all scrapes that wait: the server's thread only
/// suspends their connections. A scraper that comes at a constant interval rarely waits: what changed since its last
/// scrape is made shortly before the next one.
package final class ScrapeHandler: Sendable {
    private let groups: @Sendable () -> [MetricGroup]
    private let isAppliance: @Sendable (String) -> Bool
    private let exposed: @Sendable () -> UInt64
    private let onAnswer: @Sendable (_ status: Int) -> Void
    private let time: MonotonicClock
    private let scrapes: ScrapeLimit
    private let state: Locked<ScrapeState>
    private let negotiations = Locked(NegotiationCache())
    private let waiting = Locked(WaitingScrapes())
    private let schedule = Locked(ScrapeSchedule())
    /// Only builds use it, one at a time.
    private let cache: Locked<ExpositionCache>
    private let queue: DispatchQueue
    private let runLater: Delay

    /// Runs a function after so many nanoseconds.
    typealias Delay = @Sendable (_ nanoseconds: Int64, _ function: @escaping @Sendable () -> Void) -> Void

    /// How long before an expected scrape its body is made. Less than a second, so that the scrape does not collect again
    /// even if it is 0.3 s late; long enough for the build.
    private static let preparationNanoseconds: Int64 = 700_000_000

    /// Nothing is collected before the first scrape.
    ///
    /// - Parameters:
    ///   - groups: Lists what changes by commits and events; called at most once a second, by one thread at a time.
    ///     Series that are sorted by their labels cost least.
    ///   - live: Collects the few families that change all the time; called during a scrape, at most every 100 ms, under
    ///     the handler's lock: it must be fast and must not call the handler.
    ///   - exposed: Identifies the set of groups that may be exposed now: a body that was made of another set is not sent.
    ///     Called for each scrape; it must be fast.
    ///   - isAppliance: Whether a group of this name exists, which `?appliance=` may ask for.
    ///   - maxRequests: The largest number of concurrent scrapes, slow readers aside; 0 for no limit.
    ///   - withCreated: Writes `_created` lines in OpenMetrics where the creation time of a series is known.
    ///   - onAnswer: Called with the status of each response, on a thread of the server.
    package convenience init(
        groups: @escaping @Sendable () -> [MetricGroup],
        live: @escaping @Sendable (ScrapeScope) -> [MetricFamily] = { _ in [] },
        exposed: @escaping @Sendable () -> UInt64 = { 0 },
        isAppliance: @escaping @Sendable (String) -> Bool = { _ in false },
        maxRequests: Int = 40, withCreated: Bool = false, time: MonotonicClock = .system,
        onAnswer: @escaping @Sendable (_ status: Int) -> Void = { _ in }
    ) {
        self.init(
            groups: groups, live: live, exposed: exposed, isAppliance: isAppliance, maxRequests: maxRequests,
            withCreated: withCreated, time: time, onAnswer: onAnswer, workers: BuildWorkers(), runLater: nil)
    }

    /// The same with other workers, and with other timers than those of the queue.
    init(
        groups: @escaping @Sendable () -> [MetricGroup],
        live: @escaping @Sendable (ScrapeScope) -> [MetricFamily] = { _ in [] },
        exposed: @escaping @Sendable () -> UInt64 = { 0 },
        isAppliance: @escaping @Sendable (String) -> Bool = { _ in false },
        maxRequests: Int = 40, withCreated: Bool = false, time: MonotonicClock = .system,
        onAnswer: @escaping @Sendable (_ status: Int) -> Void = { _ in },
        workers: BuildWorkers, runLater: Delay?
    ) {
        let queue = DispatchQueue(label: "exposition", qos: .userInitiated)
        self.queue = queue
        self.runLater =
            runLater ?? { queue.asyncAfter(deadline: .now() + .nanoseconds(Int($0)), execute: $1) }
        self.groups = groups
        self.isAppliance = isAppliance
        self.exposed = exposed
        self.onAnswer = onAnswer
        self.time = time
        scrapes = ScrapeLimit(maxRequests)
        state = Locked(ScrapeState(live: live, withCreated: withCreated))
        cache = Locked(ExpositionCache(withCreated: withCreated, workers: workers))
    }

    /// Records that something changed; cheap, from any thread. Every scrape that comes more than a second later sees it.
    package func markStale() {
        let isUnused = state.withLock { $0.markStale(at: time.nanoseconds()) }
        guard isUnused else { return }
        queue.async { [self] in
            // A build may have come first, of which the cache is needed.
            if state.withLock({ $0.isUnused }) { cache.withLock { $0.removeAll() } }
        }
    }

    /// How much was rendered and compressed so far.
    var work: RenderingWork { cache.withLock { $0.work } }

    /// The response to a request for the metrics, of any method; called on the server's threads.
    ///
    /// The query `?appliance=NAME`, which may be repeated, asks for the families of some appliances only.
    package func respond(to request: borrowing Request) -> Response {
        let response = answer(request)
        if case .deferred = response.body { return response }
        onAnswer(response.status)
        return response
    }

    private func answer(_ request: borrowing Request) -> Response {
        guard request.method == "GET" || request.method == "HEAD" else {
            return errorResponse(405, "Method Not Allowed", ("Allow", "GET, HEAD"))
        }
        let scope = ScrapeScope(query: request.query)
        if case .appliances(let names) = scope, let unknown = names.first(where: { !isAppliance($0) }) {
            return errorResponse(404, "No appliance \"\(unknown)\" is configured; / lists the appliances.")
        }
        let now = time.nanoseconds()
        guard let number = scrapes.tryAcquire(at: now) else {
            return errorResponse(503, "Limit of concurrent requests reached (\(scrapes.limit)), try again later.")
        }
        let (accept, acceptEncoding) = (request.values(of: "accept"), request.values(of: "accept-encoding"))
        let negotiated = negotiations.withLock { $0.variant(accept: accept, acceptEncoding: acceptEncoding) }
        if scope == .everything {
            let source = ScrapeSchedule.Source(network: request.clientNetwork, variant: negotiated.variant)
            if let expected = schedule.withLock({ $0.record(source, at: now) }) {
                prepare(negotiated.variant, for: expected, in: expected - now - Self.preparationNanoseconds)
            }
        }
        return response(negotiated.scoped(to: scope), scrape: number, afterBuild: false)
    }

    /// The body of a variant, or a wait for the build that makes it.
    private func response(_ negotiated: NegotiatedVariant, scrape: Int, afterBuild: Bool) -> Response {
        let now = time.nanoseconds()
        var response: Response
        let exposed = exposed()
        switch state.withLock({ $0.lookUp(negotiated.variant, at: now, exposed: exposed, afterBuild: afterBuild) }) {
        case .body(let body): response = Response(status: 200, headers: negotiated.headers, body: .shared(body))
        case .missing:
            response = .deferred(requestBuild(negotiated.variant)) { [self] _ in
                resumed(negotiated, scrape: scrape)
            }
        case .failed where negotiated.variant.coding != .identity:
            // Compression fails only for lack of memory; the plain text does not need zlib's.
            return self.response(negotiated.uncompressed, scrape: scrape, afterBuild: afterBuild)
        case .failed: response = errorResponse(500, "An error has occurred while serving metrics: out of memory.")
        }
        response.onFinished = { [scrapes] _ in scrapes.release(scrape) }
        return response
    }

    private func resumed(_ negotiated: NegotiatedVariant, scrape: Int) -> Response {
        let response = response(negotiated, scrape: scrape, afterBuild: true)
        if case .deferred = response.body { return response }
        onAnswer(response.status)
        return response
    }

    /// A build that is running takes the request over, since no body is newer than what it collects.
    private func requestBuild(_ variant: Variant) -> Wakeup {
        let wakeup = Wakeup()
        let isFirst = waiting.withLock { $0.add(variant, wakeup) }
        if isFirst { queue.async { [self] in build() } }
        return wakeup
    }

    /// Makes what scrapes wait for, until none waits.
    private func build() {
        while let (variants, wakeups) = waiting.withLock({ $0.takeAll() }) {
            cache.withLock { build(variants, with: &$0) }
            for wakeup in wakeups { wakeup.fire() }
        }
    }

    /// Makes later what an expected scrape would wait for.
    private func prepare(_ variant: Variant, for expected: Int64, in nanoseconds: Int64) {
        runLater(nanoseconds) { [weak self] in
            guard let self else { return }
            let (now, exposed) = (time.nanoseconds(), exposed())
            switch state.withLock({ $0.preparation(of: variant, for: expected, at: now, exposed: exposed) }) {
            case .nothing: break
            case .build: cache.withLock { build([variant], with: &$0) }
            case .wait(let instant): prepare(variant, for: expected, in: instant - now)
            }
        }
    }

    private func build(_ variants: Set<Variant>, with cache: inout ExpositionCache) {
        let now = time.nanoseconds()
        // Before the groups are listed: what is not exposed any more afterwards is noticed by the scrapes.
        let exposed = exposed()
        let (collects, inUse) = state.withLock {
            ($0.beginCollection(at: now, exposed: exposed), $0.variantsInUse(at: now))
        }
        if collects {
            cache.keep(inUse.union(variants))
            cache.update(groups())
        }
        var sections: [Variant: StaticSection?] = [:]
        for variant in variants {
            let section = try? cache.section(variant)
            sections.updateValue(section, forKey: variant)
        }
        let names = cache.claimedNames
        state.withLock { state in
            if collects {
                state.replace(sections, claimedNames: names, exposed: exposed, collectedAt: now)
            } else {
                state.add(sections)
            }
        }
    }

    private func errorResponse(_ status: Int, _ text: String, _ headers: (String, String)...) -> Response {
        var response = Response.text(status, text)
        response.headers += ([NegotiatedVariant.vary] + headers).map { (name: $0.0, value: $0.1) }
        return response
    }
}

/// The scrapes that wait for a build.
private struct WaitingScrapes {
    private var variants: Set<Variant> = []
    private var wakeups: [Wakeup] = []
    private var isBuilding = false

    /// Adds a scrape; true if a build has to be started.
    mutating func add(_ variant: Variant, _ wakeup: Wakeup) -> Bool {
        variants.insert(variant)
        wakeups.append(wakeup)
        defer { isBuilding = true }
        return !isBuilding
    }

    /// Takes the scrapes for a build; nil ends the build.
    mutating func takeAll() -> (Set<Variant>, [Wakeup])? {
        guard !wakeups.isEmpty else {
            isBuilding = false
            return nil
        }
        defer {
            variants.removeAll()
            wakeups.removeAll()
        }
        return (variants, wakeups)
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
