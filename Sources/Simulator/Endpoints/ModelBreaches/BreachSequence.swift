/// The breaches of a response, one hour at a time, so that a year needs no more memory than a day.
struct BreachSequence: Sendable {
    /// What an appliance lists at one instant of world time.
    struct Scope: Sendable {
        var population: Population
        var skew: Skew
        /// The instant; breaches listed later are not visible yet.
        var now: Int64
        /// Acknowledgements and comments by clients.
        var annotations: BreachAnnotations
        /// Whether the window excludes its end.
        var excludesEnd = false
        var isDescending = false
    }

    private let scope: Scope
    private let query: BreachQuery
    /// The remaining hours of world time, of creation or of activity as the window is.
    private var next: Int64
    private var last: Int64
    private let step: Int64
    /// A prepared batch that comes first.
    private var ready: [Breach]?

    init(_ query: BreachQuery, in scope: Scope) {
        self.query = query
        self.scope = scope
        let world = scope.skew.world(showing: query.window)
        let longestDelay = scope.population.longestDelay
        let lower = max(world.lowerBound, scope.population.epoch - (query.byCreation ? 0 : longestDelay))
        // The activity of a system breach may be a second after its creation.
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

    /// A sequence of only these breaches.
    func containing(_ breaches: [Breach]) -> BreachSequence {
        var sequence = self
        sequence.ready = breaches
        (sequence.next, sequence.last) = (step, 0)
        return sequence
    }

    private func created(in bucket: Int64) -> [Breach] {
        scope.population.breaches(inBucket: bucket).filter { admits($0, at: scope.creation($0)) }
    }

    private func active(in bucket: Int64) -> [Breach] {
        let hours = scope.population.longestDelay / Arrivals.bucketMilliseconds + 1
        // Nothing is listed before it is created, so hours of the future would be made in vain.
        let last = min(bucket + hours, Arrivals.bucket(at: scope.now))
        guard bucket - 1 <= last else { return [] }
        return (bucket - 1...last)
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
    /// The creation time in the record.
    func creation(_ breach: Breach) -> Int64 { breach.shownCreation(skew) }

    /// The activity time in the record.
    func activity(_ breach: Breach) -> Int64 { breach.activity + skew.offset(at: breach.creation) }

    /// Whether the appliance lists the record.
    func lists(_ breach: Breach) -> Bool { breach.listed <= now && breach.creation <= now }

    func isAcknowledged(_ breach: Breach) -> Bool { annotations.acknowledged(breach, at: now) != nil }
}

extension BreachSequence {
    /// All breaches, ordered by device.
    mutating func groupedByDevice() -> [Breach] {
        var all: [Breach] = []
        while let batch = nextBatch() { all.append(contentsOf: batch) }
        all.sort { ($0.device.id, $0.creation, $0.id) < ($1.device.id, $1.creation, $1.id) }
        return all
    }

    /// The breach with this id, suppressed or not; nil if there is none.
    static func find(_ id: Int64, in scope: Scope) -> Breach? {
        let first = Arrivals.bucket(at: scope.population.epoch)
        let last = Arrivals.bucket(at: scope.now)
        guard first <= last else { return nil }
        // The newest first: after a reset an id can occur twice.
        for bucket in (first...last).reversed() {
            let found = scope.population.breaches(inBucket: bucket).last { $0.id == id && scope.lists($0) }
            if let found { return found }
        }
        return nil
    }
}
