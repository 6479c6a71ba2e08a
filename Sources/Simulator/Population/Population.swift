import Locking

/// The breaches of one appliance: a pure function of seed, epoch and rate, plus changes at run time.
///
/// All times are world milliseconds; `Skew` converts them to the appliance's clock.
package final class Population: Sendable {
    /// Nothing was created before.
    package let epoch: Int64
    let maker: BreachMaker
    private let arrivals: Arrivals
    private let state: Locked<State>

    private struct State {
        var shapes: ShapeHistory
        var pauses = QuietPeriods()
        /// Created by command, oldest first, without ids.
        var raised: [Breach] = []
        /// The number of arrivals before each hour since the epoch.
        var ordinals: [Int64] = [0]
        /// The hours requested last.
        var cache: [Int64: [Breach]] = [:]
        var cached: [Int64] = []
    }

    init(seed: UInt64, appliance: String, epoch: Int64, perDay: Double, shape: RecordShape = RecordShape()) {
        self.epoch = epoch
        maker = BreachMaker(seed: seed, appliance: appliance)
        arrivals = Arrivals(seed: seed, appliance: appliance, perDay: perDay)
        state = Locked(State(shapes: ShapeHistory(shape)))
    }

    /// The longest time between activity and creation, in milliseconds.
    var longestDelay: Int64 { state.withLock { $0.shapes.longestDelay } }

    /// The shape of records made from now on.
    var shape: RecordShape { state.withLock { $0.shapes.latest } }

    /// Whether nothing is created at present.
    var isPaused: Bool { state.withLock { $0.pauses.pausedSince != nil } }

    /// Every breach created in an hour of the world, future ones included, in the order of creation and id.
    func breaches(inBucket bucket: Int64) -> [Breach] {
        state.withLock { state in
            if let known = state.cache[bucket] { return known }
            let made = make(bucket, &state)
            state.cache[bucket] = made
            state.cached.append(bucket)
            if state.cached.count > 32 { state.cache[state.cached.removeFirst()] = nil }
            return made
        }
    }

    /// Changes the shape of records created after `now`.
    func change(after now: Int64, _ change: @Sendable (inout RecordShape) -> Void) {
        intervene(since: now) { state in
            var shape = state.shapes.latest
            change(&shape)
            guard shape != state.shapes.latest else { return }
            let ordinal = generated(upTo: now, &state) + Int64(state.raised.count { $0.creation <= now })
            state.shapes.change(to: shape, after: now, ordinal: ordinal)
        }
    }

    /// Stops or resumes the creation of breaches after `now`.
    func pause(_ isPaused: Bool, after now: Int64) {
        intervene(since: now) { isPaused ? $0.pauses.begin(after: now) : $0.pauses.end(after: now) }
    }

    /// Adds breaches created by command, also during a pause.
    func raise(_ breaches: [Breach]) {
        intervene(since: breaches.map(\.creation).min() ?? .max) { state in
            state.raised.append(contentsOf: breaches)
            state.raised.sort { $0.creation < $1.creation }
        }
    }

    /// Changes what is created from an instant on; hours before it stay in the cache.
    private func intervene(since instant: Int64, _ change: (inout State) -> Void) {
        state.withLock { state in
            change(&state)
            let bucket = Arrivals.bucket(at: instant)
            state.cache = state.cache.filter { $0.key < bucket }
            state.cached.removeAll { $0 >= bucket }
        }
    }

    private func make(_ bucket: Int64, _ state: inout State) -> [Breach] {
        guard bucket >= Arrivals.bucket(at: epoch) else { return [] }
        let before = ordinal(before: bucket, &state)
        let instants = arrivals.arrivals(inBucket: bucket)
        var raised = state.raised[...]
        var breaches: [Breach] = []
        for (index, arrival) in instants.enumerated() {
            // Breaches created by command take ids in between, so that ids grow with creation.
            while let next = raised.first, next.creation < arrival.creation {
                raised.removeFirst()
                let ordinal = before + Int64(index + state.raised.count - raised.count)
                if Arrivals.bucket(at: next.creation) == bucket { append(next, ordinal, state, to: &breaches) }
            }
            guard arrival.creation >= epoch, !state.pauses.contains(arrival.creation) else { continue }
            let shape = state.shapes.shape(at: arrival.creation)
            let breach = maker.breach(arrival, bucket: bucket, index: index, shape: shape)
            append(breach, before + Int64(index + 1 + state.raised.count - raised.count), state, to: &breaches)
        }
        for next in raised where Arrivals.bucket(at: next.creation) <= bucket {
            raised.removeFirst()
            let ordinal = before + Int64(instants.count + state.raised.count - raised.count)
            if Arrivals.bucket(at: next.creation) == bucket { append(next, ordinal, state, to: &breaches) }
        }
        return breaches
    }

    private func append(_ breach: Breach, _ ordinal: Int64, _ state: State, to breaches: inout [Breach]) {
        var breach = breach
        breach.id = state.shapes.id(ordinal: ordinal, creation: breach.creation)
        breach.master = state.shapes.master(ordinal: ordinal, creation: breach.creation)
        let every = state.shapes.shape(at: breach.creation).unreadableEvery
        if every > 0, ordinal % every == 0 {
            let damages = Breach.Damage.allCases
            breach.damage = damages[Int(ordinal / every % Int64(damages.count))]
        }
        breaches.append(breach)
    }

    /// The number of arrivals before an hour.
    private func ordinal(before bucket: Int64, _ state: inout State) -> Int64 {
        let first = Arrivals.bucket(at: epoch)
        while state.ordinals.count <= Int(bucket - first) {
            let next = first + Int64(state.ordinals.count) - 1
            state.ordinals.append((state.ordinals.last ?? 0) + Int64(arrivals.count(inBucket: next)))
        }
        return state.ordinals[Int(max(0, bucket - first))]
    }

    private func generated(upTo now: Int64, _ state: inout State) -> Int64 {
        let bucket = Arrivals.bucket(at: now)
        guard bucket >= Arrivals.bucket(at: epoch) else { return 0 }
        let here = arrivals.arrivals(inBucket: bucket).count { $0.creation <= now }
        return ordinal(before: bucket, &state) + Int64(here)
    }
}

/// Ranges of world time without new breaches.
struct QuietPeriods: Sendable {
    private var spans: [ClosedRange<Int64>] = []
    private(set) var pausedSince: Int64?

    /// Starts a pause after `now`.
    mutating func begin(after now: Int64) {
        if pausedSince == nil { pausedSince = now }
    }

    /// Ends the pause at `now`; skipped breaches are never created.
    mutating func end(after now: Int64) {
        guard let start = pausedSince else { return }
        if now > start { spans.append(start + 1...now) }
        pausedSince = nil
    }

    func contains(_ creation: Int64) -> Bool {
        if let pausedSince, creation > pausedSince { return true }
        return spans.contains { $0.contains(creation) }
    }
}
