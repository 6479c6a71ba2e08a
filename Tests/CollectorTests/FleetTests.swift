import Darktrace
import Ledger
import Metrics
import SQLiteLedger
import Testing

@testable import Collector

/// Several appliances under one manager, and reloads of their configuration, in virtual time.
@Suite struct FleetTests {
    @Test func `appliances do not wait for each other`() throws {
        let fleet = try Fleet(["stuck", "quick"])
        fleet.appliances["stuck"]?.delay = 1_000_000
        fleet.run(seconds: 600)
        #expect(fleet.instants("stuck").count == 1)
        #expect(fleet.instants("quick").count >= 10)
        #expect(fleet.stop())
    }

    @Test func `reloads that change another appliance touch neither the polls nor the series of an unchanged one`()
        throws
    {
        let names = ["unchanged", "changed"]
        let quiet = try Fleet(names) { $0.feedIntervals[.status] = .seconds(60) }
        quiet.run(seconds: 600)
        let fleet = try Fleet(names) { $0.feedIntervals[.status] = .seconds(60) }
        fleet.run(seconds: 30)
        for turn in 0..<570 {
            fleet.configurations["changed"]?.pollInterval = .seconds(100 + turn % 7)
            fleet.reload()
            fleet.run(seconds: 1)
        }
        #expect(fleet.instants("unchanged") == quiet.instants("unchanged"))
        #expect(fleet.starts["unchanged"] == 1)
        #expect((fleet.starts["changed"] ?? 0) > 500)
        #expect(fleet.publications("unchanged", .status).filter(\.isEmpty).count == 1, "only before the first response")
    }

    @Test(arguments: [1, 2, 5, 10]) func `reloads never permit more requests than the budget`(limit: Int) throws {
        let fleet = try Fleet(["hq"]) {
            $0.requestsPerMinute = limit
            $0.feedIntervals[.status] = .seconds(60)
            $0.initialLookback = .seconds(60 * 86_400)
        }
        for turn in 0..<600 {
            switch turn % 10 {
            case 7: fleet.configurations["hq"] = nil
            default:
                var configuration = fleet.original("hq")
                configuration.overlap = .seconds(900 + turn)
                fleet.configurations["hq"] = configuration
            }
            fleet.reload()
            fleet.run(seconds: 0.5)
        }
        let instants = fleet.instants("hq")
        #expect(instants.count >= limit * 2)
        for (index, instant) in instants.enumerated() where index >= limit {
            #expect(instant - instants[index - limit] >= 60_000_000_000)
        }
    }

    @Test func `a lower limit counts the requests of the last minute`() throws {
        let fleet = try Fleet(["hq"]) { $0.initialLookback = .seconds(60 * 86_400) }
        fleet.run(seconds: 5)
        let before = fleet.instants("hq").count
        #expect(before > 2)
        fleet.configurations["hq"]?.requestsPerMinute = 2
        fleet.reload()
        fleet.run(seconds: 50)
        #expect(fleet.instants("hq").count == before)
    }

    @Test func `another address has a budget of its own`() throws {
        let fleet = try Fleet(["hq"]) { $0.requestsPerMinute = 1 }
        fleet.run(seconds: 5)
        #expect(fleet.instants("hq").count == 1)
        var moved = fleet.original("hq")
        moved.connection = ApplianceConnection(to: try #require(fleet.appliances["hq"]), address: "elsewhere:443")
        fleet.configurations["hq"] = moved
        fleet.reload()
        fleet.run(seconds: 5)
        #expect(fleet.instants("hq").count == 2)
    }

    @Test func `an unchanged appliance backs off through reloads, and its rejected credentials are remembered`() throws
    {
        let fleet = try Fleet(["hq", "other"])
        fleet.appliances["hq"]?.status = 403
        for turn in 0..<1_800 {
            fleet.configurations["other"]?.overlap = .seconds(900 + turn)
            fleet.reload()
            fleet.run(seconds: 2)
        }
        #expect((2...14).contains(fleet.instants("hq").count))
    }

    @Test func `a removed appliance ends, and continues its counts when it returns`() throws {
        let fleet = try Fleet(["hq", "other"])
        fleet.run(seconds: 130)
        fleet.configurations["hq"] = nil
        fleet.reload()
        let count = fleet.instants("hq").count
        fleet.run(seconds: 300)
        #expect(fleet.instants("hq").count == count)
        #expect(fleet.removals == ["hq"])
        fleet.configurations["hq"] = fleet.original("hq")
        fleet.reload()
        fleet.run(seconds: 60)
        #expect(fleet.instants("hq").count > count)
        #expect(fleet.publications("hq", .modelBreaches).last?.isEmpty == false)
    }

    @Test func `a request in flight at a reload is cancelled before the next one is sent`() throws {
        let fleet = try Fleet(["hq"]) { $0.requestsPerMinute = 100 }
        fleet.appliances["hq"]?.delay = 20
        for turn in 0..<40 {
            fleet.configurations["hq"]?.overlap = .seconds(900 + turn)
            fleet.reload()
            fleet.run(seconds: 3)
        }
        #expect(fleet.appliances["hq"]?.mostInFlight == 1)
        #expect(fleet.instants("hq").count == 40)
    }

    @Test(arguments: [(1, 60.0), (5, 60), (300, 60), (300, 10), (2_000, 60)])
    func `first polls are spread over the interval, and over at most a few seconds when there are few`(
        count: Int, interval: Double
    ) throws {
        let fleet = try Fleet((0..<count).map { "a\($0)" }) { $0.pollInterval = .seconds(interval) }
        fleet.run(seconds: interval + 1)
        let firsts = fleet.appliances.values.compactMap { $0.instants.first }.sorted()
        try #require(firsts.count == count)
        let span = Double((firsts.last ?? 0) - (firsts.first ?? 0)) / 1e9
        #expect(span <= min(interval, 0.1 * Double(count)))
        for instant in firsts {
            let burst = firsts.count { $0 >= instant && $0 < instant + 1_000_000_000 }
            #expect(burst <= max(11, 2 * count / Int(interval) + 1))
        }
    }

    @Test func `appliances that are added one by one have the parts of the interval that they have in the whole fleet`()
    {
        let connection = ApplianceConnection(to: Script.UnreachableTransport())
        let fleet = (0..<300).map { PollConfiguration("a\($0)", connection: connection) }
        let names = fleet.map(\.name)
        let whole = PollOffset.spread(fleet, among: names)
        for configuration in fleet {
            let alone = PollOffset.spread([configuration], among: names)
            #expect(alone == [configuration.name: PollOffset(phases: whole[configuration.name]?.phases ?? 0..<0)])
        }
        #expect(PollOffset.spread(fleet, among: [])["a7"] == whole["a7"])
        #expect(PollOffset.spread([], among: names).isEmpty)
    }

    @Test(arguments: [2, 5, 300])
    func `later polls follow each other in the order of the names, evenly over the interval`(count: Int) throws {
        let names = (0..<count).map { "a\($0)" }
        let fleet = try Fleet(names.shuffled()) { $0.pollInterval = .seconds(60) }
        fleet.run(seconds: 600)
        for (place, name) in names.sorted().enumerated() {
            let last = try #require(fleet.instants(name).last)
            let phase = Double(last % 60_000_000_000) / 60e9 * Double(count)
            #expect((Double(place)...Double(place) + 1).contains(phase), "\(name) at \(phase) of \(count)")
        }
    }
}

/// Appliances on one loop, with a manager that reloads their configuration.
private final class Fleet: @unchecked Sendable {
    // Unchecked: everything happens on the loop's one thread.
    let loop = Loop()
    let appliances: [String: Appliance]
    var configurations: [String: PollConfiguration]
    private let originals: [PollConfiguration]
    private let ledger: SQLiteLedger
    private let changes: AsyncStream<[PollConfiguration]>
    private let change: AsyncStream<[PollConfiguration]>.Continuation
    private var task: Loop.Run?
    private var published: [String: [FeedKind: [[MetricFamily]]]] = [:]
    private(set) var starts: [String: Int] = [:]
    private(set) var removals: [String] = []

    init(_ names: [String], _ configure: (inout PollConfiguration) -> Void = { _ in }) throws {
        let loop = loop
        ledger = try SQLiteLedger(.memory, executor: loop)
        let appliances = Dictionary(uniqueKeysWithValues: names.map { ($0, Appliance(loop)) })
        self.appliances = appliances
        originals = names.map { name in
            var configuration = PollConfiguration(
                name, connection: ApplianceConnection(to: appliances[name] ?? Appliance(loop), address: name))
            configuration.initialLookback = .zero
            configure(&configuration)
            return configuration
        }
        configurations = Dictionary(uniqueKeysWithValues: originals.map { ($0.name, $0) })
        (changes, change) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func original(_ name: String) -> PollConfiguration { originals.first { $0.name == name } ?? originals[0] }

    func instants(_ name: String) -> [Int64] { appliances[name]?.instants ?? [] }

    func publications(_ name: String, _ feed: FeedKind) -> [[MetricFamily]] { published[name]?[feed] ?? [] }

    func reload() { change.yield(configurations.values.sorted { $0.name < $1.name }) }

    func run(seconds: Double) {
        if task == nil {
            let loop = loop
            let clocks = Clocks(
                monotonicNanoseconds: { loop.look() }, wallMilliseconds: { Script.origin + loop.now / 1_000_000 },
                sleep: { (instant) async throws(CancellationError) in try await loop.sleep(until: instant) })
            let manager = PollManager(
                configurations: originals, ledger: ledger, clocks: clocks, seed: 1,
                emit: { [self] event in
                    switch event.kind {
                    case .started: starts[event.appliance, default: 0] += 1
                    case .removed: removals.append(event.appliance)
                    default: break
                    }
                },
                publish: { [self] name, feed, families in
                    published[name, default: [:]][feed, default: []].append(families)
                }
            )
            task = loop.start { [changes] in await manager.run(changes: changes) }
        }
        loop.run(until: loop.now + Int64(seconds * 1e9))
    }

    /// Cancels the manager; whether it ended without time passing.
    func stop() -> Bool {
        task?.task?.cancel()
        loop.runJobs()
        return task?.isFinished ?? true
    }

    /// Lists no breaches, and has a status.
    final class Appliance: Transport, @unchecked Sendable {
        private let loop: Loop
        var delay = 0.1
        var status = 200
        private(set) var instants: [Int64] = []
        private(set) var mostInFlight = 0
        private var inFlight = 0

        init(_ loop: Loop) { self.loop = loop }

        func send(_ request: OutgoingRequest, to receiver: any ResponseSink) async -> TransportResult {
            instants.append(loop.now)
            inFlight += 1
            mostInFlight = max(mostInFlight, inFlight)
            defer { inFlight -= 1 }
            do throws(CancellationError) {
                try await loop.sleep(until: loop.now + Int64(delay * 1e9))
            } catch {
                return TransportResult(failure: TransportError(.cancelled, "cancelled"))
            }
            let head = ResponseHead(status: status, headers: [])
            receiver.receive(head)
            let bytes = Array((request.target.hasPrefix("/status") ? #"{"cpu":50}"# : "[]").utf8)
            _ = receiver.receive(bytes.span.bytes)
            return TransportResult(head: head, bodyBytes: bytes.count)
        }
    }
}
