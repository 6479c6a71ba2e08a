/// The true counts of one appliance, counted breach by breach from its population.
struct Oracle {
    /// Which breaches are counted.
    struct Query: Sendable {
        /// Creation times in the appliance's clock, both ends included.
        var created: ClosedRange<Int64> = .min ... .max
        /// Excludes breaches that the appliance does not list yet.
        var isListedOnly = true
        var includesSuppressed = false
        /// Lists the ids of what is counted.
        var listsIDs = false
    }

    private var now: Int64
    private var appliance: Appliance
    private(set) var total = 0
    private(set) var suppressed = 0
    private(set) var unreadable = 0
    private(set) var unlisted = 0
    private(set) var acknowledged = 0
    /// Those that were acknowledged at any time, also if they were opened again.
    private(set) var everAcknowledged = 0
    private(set) var open: [BreachKind: Int] = [:]
    private(set) var newest: Breach?
    private(set) var oldest: Breach?
    private(set) var models: [ModelKey: Int] = [:]
    /// By the number of the master; 0 for the appliance itself.
    private(set) var masters: [Int64: [BreachKind: Int]] = [:]
    /// In the order of creation, if they are asked for.
    private(set) var ids: [Int64] = []
    private(set) var scores: [BreachKind: BucketCounts] = [:]
    private(set) var delays = BucketCounts(bounds: [1, 5, 10, 30, 60, 300, 900, 3_600, 14_400, 86_400])

    /// A model name with its kind: one name can have two kinds if records lost their category in between.
    struct ModelKey: Hashable, Comparable {
        var name: String
        var kind: BreachKind

        static func < (one: ModelKey, other: ModelKey) -> Bool {
            (one.name, one.kind.rawValue) < (other.name, other.kind.rawValue)
        }
    }

    /// Counts at the current world time.
    init(_ appliance: Appliance, _ query: Query) {
        self.appliance = appliance
        now = appliance.world.now
        for kind in BreachKind.allCases { scores[kind] = BucketCounts(bounds: (1...10).map { Double($0) / 10 }) }
        let skew = appliance.skew
        let first = Arrivals.bucket(at: appliance.population.epoch)
        let last = Arrivals.bucket(at: now)
        guard first <= last else { return }
        for bucket in first...last {
            for breach in appliance.population.breaches(inBucket: bucket) where breach.creation <= now {
                let shown = breach.shownCreation(skew)
                guard query.created.contains(shown) else { continue }
                count(breach, query, skew)
            }
        }
    }

    private mutating func count(_ breach: Breach, _ query: Query, _ skew: Skew) {
        if breach.listed > now {
            unlisted += 1
            if query.isListedOnly { return }
        }
        if breach.isSuppressed {
            suppressed += 1
            if !query.includesSuppressed { return }
        }
        if breach.damage != nil {
            unreadable += 1
            return
        }
        total += 1
        if appliance.annotations.wasAcknowledged(breach, at: now) { everAcknowledged += 1 }
        if appliance.annotations.acknowledged(breach, at: now) != nil {
            acknowledged += 1
        } else {
            open[breach.kind, default: 0] += 1
        }
        if newest.map({ $0.creation <= breach.creation }) ?? true { newest = breach }
        if oldest.map({ $0.creation > breach.creation }) ?? true { oldest = breach }
        models[ModelKey(name: breach.name, kind: breach.kind), default: 0] += 1
        masters[breach.master, default: [:]][breach.kind, default: 0] += 1
        if query.listsIDs { ids.append(breach.id) }
        scores[breach.kind]?.add(Double(breach.score) / 1_000)
        let activity = breach.activity + skew.offset(at: breach.creation)
        delays.add(Double(max(0, breach.shownCreation(skew) - activity)) / 1_000)
    }

    /// Counts of values up to each bound, as in a histogram.
    struct BucketCounts: Sendable {
        var bounds: [Double]
        /// The number of values up to the bound with the same index.
        private(set) var cumulative: [Int]
        private(set) var count = 0
        private(set) var sum = 0.0

        init(bounds: [Double]) {
            self.bounds = bounds
            cumulative = bounds.map { _ in 0 }
        }

        mutating func add(_ value: Double) {
            count += 1
            sum += value
            for (index, bound) in bounds.enumerated() where value <= bound { cumulative[index] += 1 }
        }
    }
}

extension Oracle {
    /// The response of the control API.
    var json: JSON {
        [
            "appliance": .text(appliance.name), "worldNow": .integer(now),
            "now": .integer(appliance.shownTime(at: now)), "paused": .bool(appliance.population.isPaused),
            "total": JSON(total), "suppressed": JSON(suppressed), "unreadable": JSON(unreadable),
            "unlisted": JSON(unlisted), "acknowledged": JSON(acknowledged),
            "everAcknowledged": JSON(everAcknowledged),
            "open": .object(BreachKind.allCases.map { .init($0.rawValue, JSON(open[$0] ?? 0)) }),
            "oldest": describe(oldest), "newest": describe(newest),
            "models": .list(
                models.sorted { $0.key < $1.key }.map {
                    ["model": .text($0.key.name), "category": .text($0.key.kind.rawValue), "count": JSON($0.value)]
                }),
            "masters": .object(
                masters.sorted { $0.key < $1.key }.map { master, counts in
                    .init(
                        "\(master)", .object(BreachKind.allCases.map { .init($0.rawValue, JSON(counts[$0] ?? 0)) }))
                }),
            "pbids": .list(ids.map { .integer($0) }),
            "categories": .object(
                BreachKind.allCases.map { .init($0.rawValue, JSON(scores[$0]?.count ?? 0)) }),
            "scores": .object(BreachKind.allCases.map { .init($0.rawValue, scores[$0]?.json ?? .null) }),
            "creationDelays": delays.json,
        ]
    }

    private func describe(_ breach: Breach?) -> JSON {
        guard let breach else { return .null }
        let offset = appliance.skew.offset(at: breach.creation)
        return [
            "pbid": .integer(breach.id), "creation": .integer(breach.shownCreation(appliance.skew)),
            "activity": .integer(breach.activity + offset), "model": .text(breach.name),
        ]
    }
}

extension Oracle.BucketCounts {
    /// Cumulative counts by bound.
    var json: JSON {
        let counts = zip(bounds, cumulative).map { JSON.Field($0.description, JSON($1)) }
        return [
            "cumulative": .object(counts + [.init("+Inf", JSON(count))]), "count": JSON(count), "sum": .number(sum),
        ]
    }
}
