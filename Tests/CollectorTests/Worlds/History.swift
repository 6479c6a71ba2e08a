/// What happens in a world, decided before it runs: clocks, breaches, outages and restarts, in true time.
struct History {
    /// Milliseconds since 1970 when the loop's clock shows 0.
    static let origin: Int64 = 1_760_000_000_000

    var breaches: [Breach] = []
    private(set) var applianceClock: [(from: Int64, offset: Int64)] = []
    private(set) var wallClock: [(from: Int64, offset: Int64)] = []
    /// Milliseconds of true time.
    let stormEnd: Int64
    var outages: [(from: Int64, to: Int64, fault: RequestFault)] = []

    init(_ climate: FaultProfile, downtime: Int64, _ dice: inout SeededRNG) {
        stormEnd = Self.origin + (climate.storm + downtime) * 1_000
        applianceClock = [(.min, climate.sendsDate ? dice.pick(-600_000...600_000) : 0)]
        wallClock = [(.min, climate.sendsDate ? dice.pick(-600_000...600_000) : 0)]
        if climate.clocksStep, climate.sendsDate {
            let there = dice.pick(Self.origin...stormEnd)
            let back = dice.pick(there...stormEnd)
            let base = applianceClock[0].offset
            applianceClock.append((there, base + dice.pick([3_600_000, -3_600_000, 60_000, -90_000])))
            if dice.once(in: 2) { applianceClock.append((back, base)) }
            wallClock.append((dice.pick(Self.origin...stormEnd), dice.pick(-3_600_000...3_600_000)))
        }
        for _ in 0..<dice.pick([0, 0, 1, 2]) {
            let from = dice.pick(Self.origin...stormEnd)
            outages.append((from, min(stormEnd, from + dice.pick(60_000...3_600_000)), RequestFault.bad(&dice)))
        }
        invent(climate, &dice)
    }

    /// An appliance's clock minus true time.
    func applianceOffset(at instant: Int64) -> Int64 {
        applianceClock.last { $0.from <= instant }?.offset ?? 0
    }

    /// Our clock minus true time.
    func wallOffset(at instant: Int64) -> Int64 {
        wallClock.last { $0.from <= instant }?.offset ?? 0
    }

    private mutating func invent(_ climate: FaultProfile, _ dice: inout SeededRNG) {
        let first = dice.pick([Int64(1), 8_000_000_000_001, -40])
        var id = first
        let reset = dice.once(in: 4) ? dice.pick(Self.origin...stormEnd) : .max
        var hasReset = false
        let earliest = Self.origin - (climate.lookback + 2 * climate.recheckWindow) * 1_000
        var instants = (0..<climate.count).map { _ in
            dice.once(in: 2) ? dice.pick(Self.origin...stormEnd) : dice.pick(earliest...Self.origin)
        }
        if dice.once(in: 3), let last = instants.last { instants += Array(repeating: last, count: 6) }
        for instant in instants.sorted() {
            if instant > reset, !hasReset {
                hasReset = true
                id = first
            }
            var breach = make(id, instant, climate, &dice)
            while breaches.contains(where: { isAmbiguous($0, breach) }) {
                id += 1
                breach = make(id, instant, climate, &dice)
            }
            breaches.append(breach)
            id += 1
        }
    }

    /// No appliance gives one id to two records that are created within minutes of each other.
    private func isAmbiguous(_ one: Breach, _ other: Breach) -> Bool {
        one.id == other.id && abs(one.time - other.time) < 300_000
    }

    private func make(_ id: Int64, _ instant: Int64, _ climate: FaultProfile, _ dice: inout SeededRNG) -> Breach {
        let window = climate.recheckWindow * 1_000
        let late = dice.once(in: 3) ? dice.pick([window, dice.pick(0...window), 60_000]) : 0
        let listed = max(instant, min(instant + late, stormEnd))
        // An appliance that lists by activity alone is only promised to be counted when that is recent enough.
        let oldest = climate.heedsCreation ? 3 * 86_400_000 : window - (listed - instant)
        let delay = dice.once(in: 4) ? dice.pick(0...oldest) : min(oldest, dice.pick([-1_000, 6_000, 7_000, 40_000]))
        let creation = instant + applianceOffset(at: instant)
        let isDefect = dice.once(in: 8)
        return Breach(
            id: id, creation: creation, activity: creation - delay, listed: listed,
            model: "Compromise::Model \(dice.pick(1...Int64(climate.modelCount)))",
            category: dice.pick(["critical", "suspicious", "informational", "compliance"]),
            score: Int(dice.pick([0, 1_000, 300, dice.pick(0...1_000)])),
            defect: isDefect ? dice.pick(Breach.RecordDefect.allCases) : .none)
    }
}
