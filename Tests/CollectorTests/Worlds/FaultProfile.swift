import Collector
import Darktrace

/// The settings and faults of a world, drawn once from its seed.
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
    /// How long faults happen, in seconds.
    var faultPeriod: Int64
    var count: Int
    /// The appliance is too slow for more records than this.
    var slowAbove: Int
    var honoursCreation: Bool
    var listsNewestFirst: Bool
    var includesEnd: Bool
    var shortLacksScore: Bool
    var clocksStep: Bool
    var sendsDate: Bool
    /// Every other response comes through a gateway whose clock is this many milliseconds ahead.
    var swing: Int64 = 0
    /// One request in this many fails; 0 is none.
    var faultEvery: Int
    var restarts: Int
    var modelCount: Int
    /// The secondary feeds with their intervals in seconds.
    var feeds: [FeedKind: Int64] = [:]
    /// How the appliance answers everything but model breaches, if it does not have it.
    var refusal: Refusal?
    /// How often another appliance's configuration changes while faults happen.
    var reloads = 0

    init(_ rng: inout SeededRNG) {
        interval = rng.pick([300, 600, 900, 1_200])
        overlap = interval * rng.pick([1, 2, 3])
        recheckWindow = rng.pick([3_600, 2 * 3_600, 4 * 3_600])
        recheckInterval = rng.pick([1_800, 3_600])
        lookback = rng.pick([3_600, 6 * 3_600, 86_400, 10 * 86_400, 90 * 86_400])
        hold = rng.pick([0, 120, 120, 1_800])
        maxModels = rng.pick([1_000, 1_000, 2])
        maxRecords = rng.pick([50_000, 50_000, 8, rng.once(in: 4) ? 4 : 10])
        requestsPerMinute = rng.pick([1, 2, 10, 10])
        faultPeriod = 1_800 * rng.pick(2...6)
        count = Int(rng.pick(4...24))
        slowAbove = rng.pick([10_000, 10_000, 10_000, 8])
        honoursCreation = !rng.once(in: 4)
        listsNewestFirst = rng.once(in: 2)
        includesEnd = rng.once(in: 2)
        shortLacksScore = rng.once(in: 6)
        clocksStep = rng.once(in: 3)
        sendsDate = !rng.once(in: 8)
        faultEvery = rng.pick([0, 4, 10])
        restarts = rng.pick([0, 1, 3])
        modelCount = rng.pick([2, 5])
    }

    /// Sets what depends on the seed alone: another random draw would change all worlds that are kept as regressions.
    mutating func vary(by seed: UInt64) {
        // Some have a poll a minute, so that a budget of one or two requests is used up in each.
        if [2, 4].contains(seed % 32) { (interval, overlap) = (60, overlap / interval * 60) }
        if seed % 8 == 4 { swing = 20_000 }
        if seed % 8 == 3 { feeds[.status] = seed % 64 == 3 ? 60 : interval * Int64(seed / 8 % 4) }
        if seed % 16 == 6 {
            for (index, feed) in Feeds.all.enumerated() where Self.isPolled(feed, in: seed / 16 % 4) {
                feeds[feed] = interval * Int64(1 + index % 3)
            }
        }
        if seed % 5 == 0 { refusal = Refusal.allCases[Int(seed / 5) % Refusal.allCases.count] }
        if seed % 8 == 6 { reloads = 20 }
    }

    /// Some worlds have all feeds; in the others each of them gets more of the budget.
    private static func isPolled(_ feed: FeedKind, in variant: UInt64) -> Bool {
        guard feed.priority == .secondary else { return false }
        switch variant {
        case 1: return [.acknowledgements, .antigena, .antigenaActions].contains(feed)
        case 2: return [.incidents, .incidentEvents, .statistics].contains(feed)
        case 3: return [.acknowledgements, .antigenaActions, .incidentEvents].contains(feed)
        default: return true
        }
    }

    /// How an appliance answers what it does not have.
    enum Refusal: CaseIterable {
        case permission, noPermission, unknown, input, broken

        var status: Int {
            switch self {
            case .permission: 302
            case .noPermission: 403
            case .unknown: 404
            case .input: 400
            case .broken: 500
            }
        }

        func body(_ path: String) -> String {
            switch self {
            case .permission: "Found. Redirecting to /403"
            case .noPermission: #"{ "error": "403 Forbidden" }"#
            case .unknown: "Not found"
            case .input: "{\"\(path.split(separator: "/").first ?? "")\": \"INPUT ERROR\"}"
            case .broken: "Internal Server Error"
            }
        }
    }

    /// The poll configuration of this world.
    func configuration(_ name: String, connection: ApplianceConnection) -> PollConfiguration {
        var configuration = PollConfiguration(name, connection: connection)
        configuration.pollInterval = .seconds(interval)
        configuration.feedIntervals = feeds.mapValues { .seconds($0) }
        configuration.overlap = .seconds(overlap)
        configuration.initialLookback = .seconds(lookback)
        configuration.recheckInterval = .seconds(recheckInterval)
        configuration.recheckWindow = .seconds(recheckWindow)
        configuration.newSeriesHold = .seconds(hold)
        configuration.maxModels = maxModels
        configuration.maxRecords = maxRecords
        configuration.requestsPerMinute = requestsPerMinute
        return configuration
    }
}

/// What happens to a request.
enum RequestFault: CaseIterable {
    case fine
    case noConnection, timeout, timeoutInBody, cut, silentCut, garbageAfter, empty
    case serverError, gatewayTimeout, rateLimited
    case signature, date, login, forbidden, page

    /// Any fault.
    static func bad(_ rng: inout SeededRNG) -> RequestFault {
        rng.pick(allCases.filter { $0 != .fine })
    }
}
