/// The breaches that a request gets, one hour at a time, so that a year needs no more memory than a day.
struct BreachSequence: Sendable {
    /// What an appliance lists, as of one moment of the world.
    struct Scope: Sendable {
        var population: Population
        var skew: Skew
        /// Nothing listed after this moment is there yet.
        var now: Int64
        /// Whether the window leaves out its end, as some version may.
        var excludesEnd = false
        var isDescending = false
    }

    private let scope: Scope
    private let query: BreachQuery
    /// Hours of world time still to come: of creation or of activity, as the window is.
    private var next: Int64
    private var last: Int64
    private let step: Int64
    /// What comes before those hours.
    private var ready: [Breach]?

    init(_ query: BreachQuery, in scope: Scope) {
        self.query = query
        self.scope = scope
        let world = scope.skew.world(showing: query.window)
        let longestDelay = scope.population.longestDelay
        let lower = max(world.lowerBound, scope.population.epoch - (query.byCreation ? 0 : longestDelay))
        // A system breach may tell of the second after it.
        let upper = min(world.upperBound, scope.now + 2_000)
        let first = Arrivals.bucket(at: lower)
        let final = Arrivals.bucket(at: max(lower, upper))
        (next, last, step) = scope.isDescending ? (final, first, -1) : (first, final, 1)
    }

    /// The next hour's breaches in order; nil when there is no hour left.
    mutating func nextBatch() -> [Breach]? {
        if let ready {
            self.ready = nil
            return ready
        }
        guard step > 0 ? next <= last : next >= last else { return nil }
        let batch = query.byCreation ? created(in: next) : active(in: next)
        next += step
        return scope.isDescending ? batch.reversed() : batch
    }

    /// A sequence of these breaches alone.
    func held(_ breaches: [Breach]) -> BreachSequence {
        var held = self
        held.ready = breaches
        (held.next, held.last) = (step, 0)
        return held
    }

    private func created(in bucket: Int64) -> [Breach] {
        scope.population.breaches(inBucket: bucket).filter { admits($0, at: scope.creation($0)) }
    }

    private func active(in bucket: Int64) -> [Breach] {
        let hours = scope.population.longestDelay / Arrivals.bucketMilliseconds + 1
        return (bucket - 1...bucket + hours)
            .flatMap { scope.population.breaches(inBucket: $0) }
            .filter { Arrivals.bucket(at: $0.activity) == bucket && admits($0, at: scope.activity($0)) }
            .sorted { ($0.activity, $0.id) < ($1.activity, $1.id) }
    }

    private func admits(_ breach: Breach, at shown: Int64) -> Bool {
        query.window.contains(shown) && !(scope.excludesEnd && shown == query.window.upperBound)
            && scope.lists(breach) && (query.includesSuppressed || !breach.isSuppressed)
            && (query.includesAcknowledged || !scope.isAcknowledged(breach)) && query.filter.admits(breach)
    }
}

extension BreachSequence.Scope {
    /// The creation time that the record shows.
    func creation(_ breach: Breach) -> Int64 { breach.creation + skew.offset(at: breach.creation) }

    /// The activity time that the record shows.
    func activity(_ breach: Breach) -> Int64 { breach.activity + skew.offset(at: breach.creation) }

    /// Whether the appliance has the record in its lists by now.
    func lists(_ breach: Breach) -> Bool { breach.listed <= now && breach.creation <= now }

    func isAcknowledged(_ breach: Breach) -> Bool { (breach.acknowledged ?? .max) <= now }
}
