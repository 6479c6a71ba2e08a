/// What happens in a world, decided before it runs: clocks, breaches, outages and restarts, in true time.
struct History {
    /// Milliseconds since 1970 when the loop's clock shows 0.
    static let origin: Int64 = 1_760_000_000_000

    var breaches: [Breach] = []
    private(set) var applianceClock: [(from: Int64, offset: Int64)] = []
    private(set) var wallClock: [(from: Int64, offset: Int64)] = []
    /// Milliseconds of true time.
    let faultsEnd: Int64
    var outages: [(from: Int64, to: Int64, fault: RequestFault)] = []
    var security = SecurityHistory()

    init(_ profile: FaultProfile, downtime: Int64, _ rng: inout SeededRNG) {
        faultsEnd = Self.origin + (profile.faultPeriod + downtime) * 1_000
        applianceClock = [(.min, profile.sendsDate ? rng.pick(-600_000...600_000) : 0)]
        wallClock = [(.min, profile.sendsDate ? rng.pick(-600_000...600_000) : 0)]
        if profile.clocksStep, profile.sendsDate {
            let there = rng.pick(Self.origin...faultsEnd)
            let back = rng.pick(there...faultsEnd)
            let base = applianceClock[0].offset
            applianceClock.append((there, base + rng.pick([3_600_000, -3_600_000, 60_000, -90_000])))
            if rng.once(in: 2) { applianceClock.append((back, base)) }
            wallClock.append((rng.pick(Self.origin...faultsEnd), rng.pick(-3_600_000...3_600_000)))
        }
        for _ in 0..<rng.pick([0, 0, 1, 2]) {
            let from = rng.pick(Self.origin...faultsEnd)
            outages.append((from, min(faultsEnd, from + rng.pick(60_000...3_600_000)), RequestFault.bad(&rng)))
        }
        generateBreaches(profile, &rng)
    }

    /// An appliance's clock minus true time.
    func applianceOffset(at instant: Int64) -> Int64 {
        applianceClock.last { $0.from <= instant }?.offset ?? 0
    }

    /// The exporter's clock minus true time.
    func wallOffset(at instant: Int64) -> Int64 {
        wallClock.last { $0.from <= instant }?.offset ?? 0
    }

    private mutating func generateBreaches(_ profile: FaultProfile, _ rng: inout SeededRNG) {
        let first = rng.pick([Int64(1), 8_000_000_000_001, -40])
        var id = first
        let reset = rng.once(in: 4) ? rng.pick(Self.origin...faultsEnd) : .max
        var hasReset = false
        let earliest = Self.origin - (profile.lookback + 2 * profile.recheckWindow) * 1_000
        var instants = (0..<profile.count).map { _ in
            rng.once(in: 2) ? rng.pick(Self.origin...faultsEnd) : rng.pick(earliest...Self.origin)
        }
        if rng.once(in: 3), let last = instants.last { instants += Array(repeating: last, count: 6) }
        for instant in instants.sorted() {
            if instant > reset, !hasReset {
                hasReset = true
                id = first
            }
            var breach = make(id, instant, profile, &rng)
            while breaches.contains(where: { isAmbiguous($0, breach) }) {
                id += 1
                breach = make(id, instant, profile, &rng)
            }
            breaches.append(breach)
            id += 1
        }
    }

    /// No appliance gives one id to two records that are created within minutes of each other.
    private func isAmbiguous(_ one: Breach, _ other: Breach) -> Bool {
        one.id == other.id && abs(one.time - other.time) < 300_000
    }

    private func make(_ id: Int64, _ instant: Int64, _ profile: FaultProfile, _ rng: inout SeededRNG) -> Breach {
        let window = profile.recheckWindow * 1_000
        let late = rng.once(in: 3) ? rng.pick([window, rng.pick(0...window), 60_000]) : 0
        let listed = max(instant, min(instant + late, faultsEnd))
        // By activity time, only records with recent enough activity are certain to be counted.
        let oldest = profile.honoursCreation ? 3 * 86_400_000 : window - (listed - instant)
        let delay = rng.once(in: 4) ? rng.pick(0...oldest) : min(oldest, rng.pick([-1_000, 6_000, 7_000, 40_000]))
        let creation = instant + applianceOffset(at: instant)
        let isDefect = rng.once(in: 8)
        return Breach(
            id: id, creation: creation, activity: creation - delay, listed: listed,
            model: "Compromise::Model \(rng.pick(1...Int64(profile.modelCount)))",
            category: rng.pick(["critical", "suspicious", "informational", "compliance"]),
            score: Int(rng.pick([0, 1_000, 300, rng.pick(0...1_000)])),
            defect: isDefect ? rng.pick(Breach.RecordDefect.allCases) : .none)
    }
}
