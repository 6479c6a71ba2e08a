import TestSupport

/// When the exporter of a world is stopped, started and reloaded, and when its ledger fails.
struct WorldPlan {
    /// In the order of their instants, in nanoseconds of the loop.
    private(set) var events: [(instant: Int64, act: Act)] = []
    /// How long the longest downtime is, in seconds; 0 without one of days.
    let longDowntime: Int64
    private let downtimes: [Int64]

    enum Act {
        case stop, stopAtStep(Int), start, breakLedger(LedgerFault), repairLedger
        /// A reload that changes the other appliance, or removes it.
        case reload(overlap: Double?)
    }

    /// Draws how long the exporter is down.
    init(_ profile: FaultProfile, _ rng: inout SeededRNG) {
        downtimes = (0..<profile.restarts).map { _ in rng.pick([0, 30, 3_600]) }
        longDowntime = profile.restarts > 0 && rng.once(in: 4) ? rng.pick(86_400...75 * 86_400) : 0
    }

    /// Draws when things happen.
    ///
    /// - Parameter faultPeriod: How long, in seconds.
    mutating func schedule(_ profile: FaultProfile, faultPeriod: Int64, _ rng: inout SeededRNG) {
        var free: Int64 = 0
        for (index, downtime) in downtimes.enumerated() {
            let stop = min(faultPeriod, rng.pick(free...free + profile.faultPeriod / 3))
            add(rng.once(in: 2) ? .stopAtStep(Int(rng.pick(1...400))) : .stop, at: stop)
            free = min(faultPeriod, stop + 1 + (index == 0 && longDowntime > 0 ? longDowntime : downtime))
            add(.start, at: free)
        }
        if rng.once(in: 3) {
            let from = rng.pick(0...faultPeriod)
            let to = min(faultPeriod, from + rng.pick(1...3_600))
            add(.breakLedger(rng.pick([.refusedCommits, .fullDisk])), at: from)
            add(.repairLedger, at: to)
        }
        add(.repairLedger, at: faultPeriod)
    }

    /// Draws when the other appliance is changed.
    mutating func scheduleReloads(_ profile: FaultProfile, faultPeriod: Int64, _ rng: inout SeededRNG) {
        for _ in 0..<profile.reloads {
            let overlap = rng.once(in: 4) ? nil : Double(profile.overlap + rng.pick(0...600))
            add(.reload(overlap: overlap), at: rng.pick(0...faultPeriod))
        }
        add(.reload(overlap: Double(profile.overlap)), at: faultPeriod)
    }

    private mutating func add(_ act: Act, at second: Int64) {
        let instant = second * 1_000_000_000
        let index = events.firstIndex { $0.instant > instant } ?? events.endIndex
        events.insert((instant, act), at: index)
    }
}
