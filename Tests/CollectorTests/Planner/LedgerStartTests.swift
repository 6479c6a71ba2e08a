import Darktrace
import Testing

@testable import Collector

/// The start of a ledger, when the appliance's `Date` or a former start is wrong.
@Suite struct LedgerStartTests {
    private let origin = PlannerDriver.origin
    private let settings = PlannerDriver.settings

    /// The appliance's clock minus ours, and what the start is reckoned from, in minutes after our time.
    private static let offsets: [(offset: Int64, base: Int64, byOwnClock: Bool)] = [
        (0, 0, false), (29, 29, false), (-29, -29, false),
        // An appliance with such a clock would have refused the signature.
        (31, 0, true), (2_880, 0, true), (-2_880, 0, true), (6_000_000, 0, true),
    ]

    @Test(arguments: offsets)
    func `a new ledger starts by the appliance's clock if a signature could be valid by it, else by our own`(
        offset: Int64, base: Int64, byOwnClock: Bool
    ) throws {
        var driver = PlannerDriver()
        driver.offset = .minute * Int(offset)
        driver.begin()
        driver.respond()
        let commit = try #require(driver.commitment)
        #expect(commit.checkpoint.start == origin + .minute * Int(base) - settings.initialLookback)
        #expect(commit.startChange == .new(byOwnClock: byOwnClock))
    }

    @Test(arguments: [Duration.day * 2, .day * -2])
    func `once Date is right, everything since the start has been requested`(offset: Duration) throws {
        var driver = PlannerDriver()
        driver.offset = offset
        var requested = driver.poll()
        driver.offset = .zero
        driver.seconds += 60
        driver.begin()
        driver.respond(step: .zero - offset)
        requested += driver.finishPoll()
        let start = try #require(driver.checkpoint).start
        #expect(start == origin - settings.initialLookback)
        #expect(driver.checkpoint?.cursor == driver.appliance)
        var covered = start
        for query in requested.sorted(by: { $0.window.start < $1.window.start }) where query.window.start <= covered {
            covered = max(covered, query.window.end)
        }
        #expect(covered >= driver.appliance)
    }

    @Test func `a ledger that starts in the future starts again from the past, and keeps what it learned`() throws {
        var driver = PlannerDriver.resumed {
            $0 = Checkpoint(start: PlannerDriver.origin + .day)
            $0.isComplete = true
            $0.needsFullRecords = true
        }
        driver.begin(nextPollIn: nil)
        driver.respond()
        let commit = try #require(driver.commitment)
        let start = origin - settings.initialLookback
        #expect(commit.startChange == .repaired(from: origin + .day))
        #expect(commit.checkpoint.start == start && commit.countsSince == start)
        #expect(commit.checkpoint.cursor == start && !commit.checkpoint.isComplete)
        #expect(commit.checkpoint.needsFullRecords)
        driver.commit()
        driver.next()
        let queries = driver.finishPoll()
        #expect(queries.first.map { $0.window.start <= start } == true)
        #expect(driver.checkpoint?.isComplete == true)
        #expect(driver.checkpoint?.start == start)
    }

    @Test(arguments: [Duration.day, .day * -3])
    func `one wrong clock does not make a good start look wrong`(offset: Duration) throws {
        var driver = PlannerDriver.resumed { $0 = Checkpoint(start: PlannerDriver.origin - .minute) }
        driver.offset = offset
        driver.begin()
        driver.respond()
        #expect(driver.commitment?.startChange == QueryPlanner.StartChange.none)
        #expect(driver.commitment?.checkpoint.start == origin - .minute)
    }
}
