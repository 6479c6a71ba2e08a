import Collector
import Darktrace

/// What kind of a world it is: drawn once from its seed.
struct FaultProfile {
    var interval: Int64
    var overlap: Int64
    var lookback: Int64
    var recheckInterval: Int64
    var recheckWindow: Int64
    var hold: Int64
    var maxModels: Int
    var maxRecords: Int
    var requestsPerMinute: Int
    /// How long the weather is bad, in seconds.
    var storm: Int64
    var count: Int
    /// The appliance is too slow for more records than this.
    var slowAbove: Int
    var heedsCreation: Bool
    var listsNewestFirst: Bool
    var includesEnd: Bool
    var shortLacksScore: Bool
    var clocksStep: Bool
    var sendsDate: Bool
    /// Every other answer comes through a gateway whose clock is so many milliseconds ahead.
    var swing: Int64 = 0
    /// One request in so many goes wrong; 0 is none.
    var faultEvery: Int
    var restarts: Int
    var modelCount: Int
    /// Of the polls of `/status`, in seconds; 0 is none. Set by the world, so that the dice fall as they did without.
    var statusInterval: Int64 = 0
    var forbidsStatus = false

    init(_ dice: inout SeededRNG) {
        interval = dice.pick([300, 600, 900, 1_200])
        overlap = interval * dice.pick([1, 2, 3])
        recheckWindow = dice.pick([3_600, 2 * 3_600, 4 * 3_600])
        recheckInterval = dice.pick([1_800, 3_600])
        lookback = dice.pick([3_600, 6 * 3_600, 86_400, 10 * 86_400, 90 * 86_400])
        hold = dice.pick([0, 120, 120, 1_800])
        maxModels = dice.pick([1_000, 1_000, 2])
        maxRecords = dice.pick([50_000, 50_000, 8, dice.once(in: 4) ? 4 : 10])
        requestsPerMinute = dice.pick([1, 2, 10, 10])
        storm = 1_800 * dice.pick(2...6)
        count = Int(dice.pick(4...24))
        slowAbove = dice.pick([10_000, 10_000, 10_000, 8])
        heedsCreation = !dice.once(in: 4)
        listsNewestFirst = dice.once(in: 2)
        includesEnd = dice.once(in: 2)
        shortLacksScore = dice.once(in: 6)
        clocksStep = dice.once(in: 3)
        sendsDate = !dice.once(in: 8)
        faultEvery = dice.pick([0, 4, 10])
        restarts = dice.pick([0, 1, 3])
        modelCount = dice.pick([2, 5])
    }

    /// Changes what no dice are rolled for, or the worlds that are remembered would become others.
    mutating func vary(by seed: UInt64) {
        // Some have a poll a minute, so that a budget of one or two requests is used up in each.
        if [2, 4].contains(seed % 32) { (interval, overlap) = (60, overlap / interval * 60) }
        if seed % 8 == 4 { swing = 20_000 }
    }

    /// The plan that fits it.
    func plan(_ name: String, client: Client) -> PollConfiguration {
        var plan = PollConfiguration(name: name, client: client) { () throws(SecretError) in
            Credentials(publicToken: "public", privateToken: "private")
        }
        plan.pollInterval = Double(interval)
        plan.statusInterval = Double(statusInterval)
        plan.overlap = Double(overlap)
        plan.initialLookback = Double(lookback)
        plan.recheckInterval = Double(recheckInterval)
        plan.recheckWindow = Double(recheckWindow)
        plan.newSeriesHold = Double(hold)
        plan.maxModels = maxModels
        plan.maxRecords = maxRecords
        plan.requestsPerMinute = requestsPerMinute
        return plan
    }
}
