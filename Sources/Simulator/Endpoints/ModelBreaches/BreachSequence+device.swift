extension BreachSequence {
    /// The same breaches ordered by device: all of them have to be known for that.
    mutating func groupedByDevice() -> [Breach] {
        var all: [Breach] = []
        while let batch = nextBatch() { all.append(contentsOf: batch) }
        all.sort { ($0.device.id, $0.creation, $0.id) < ($1.device.id, $1.creation, $1.id) }
        return all
    }

    /// The breach of this id, looked for in all that the appliance remembers, suppressed or not.
    static func find(_ id: Int64, in scope: Scope) -> Breach? {
        let first = Arrivals.bucket(at: scope.population.epoch)
        let last = Arrivals.bucket(at: scope.now)
        guard first <= last else { return nil }
        // The newest first: after a reset an id can have had an earlier life.
        for bucket in (first...last).reversed() {
            let found = scope.population.breaches(inBucket: bucket).last { $0.id == id && scope.lists($0) }
            if let found { return found }
        }
        return nil
    }
}
