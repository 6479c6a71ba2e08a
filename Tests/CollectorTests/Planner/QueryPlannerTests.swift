import Darktrace
import Testing

@testable import Collector

/// The rules of polling one at a time: windows, cursor, order of queries, request budget.
@Suite struct QueryPlannerTests {
    private let origin = PlannerDriver.origin
    private let settings = PlannerDriver.settings

    // MARK: The first lookback

    @Test func `a new ledger starts at the lookback, and catch-up further back for late activity`() throws {
        var driver = PlannerDriver()
        driver.begin(nextPollIn: nil)
        let query = try #require(driver.query)
        #expect(query.purpose == .catchUp)
        #expect(query.window.start == origin - settings.initialLookback - settings.recheckWindow)
        #expect(query.window.end == origin)
        #expect(query.byCreation && query.form == .short)
        driver.respond()
        let commit = try #require(driver.commitment)
        #expect(commit.isFirstLookback)
        #expect(commit.countsSince == origin - settings.initialLookback)
        #expect(commit.checkpoint.start == origin - settings.initialLookback)
        #expect(commit.checkpoint.isComplete)
        #expect(commit.checkpoint.cursor == origin)
        #expect(commit.checkpoint.recheckWatermark == origin - settings.recheckWindow)
    }

    @Test func `a long lookback is requested in contiguous windows, and complete with the last`() {
        var settings = settings
        settings.initialLookback = .day * 30
        var driver = PlannerDriver(settings: settings)
        let queries = driver.poll(nextPollIn: nil)
        #expect(queries.allSatisfy { $0.purpose == .catchUp })
        #expect(queries.first?.window.start == origin - .day * 30 - .hour * 4)
        #expect(queries.last?.window.end == origin)
        for (one, next) in zip(queries, queries.dropFirst()) { #expect(one.window.end == next.window.start) }
        #expect(driver.checkpoint?.isComplete == true)
        #expect(driver.action == .finish)
    }

    @Test func `the start of a ledger is never before 1970`() {
        var settings = settings
        settings.initialLookback = .day * 40_000
        var driver = PlannerDriver(settings: settings)
        driver.begin()
        #expect(driver.query?.window.start == .epoch)
        driver.succeed()
        #expect(driver.checkpoint?.start == .epoch)
    }

    // MARK: Steady polls

    @Test func `a poll requests from the overlap before the cursor to the appliance's present`() throws {
        var driver = PlannerDriver.resumed()
        for minute in 0..<20 {
            driver.seconds = Int64(minute) * 60
            let cursor = try #require(driver.checkpoint).cursor
            let queries = driver.poll()
            #expect(queries.count == 1)
            #expect(queries[0].window == QueryWindow(start: cursor - settings.overlap, end: driver.appliance))
            #expect(driver.checkpoint?.cursor == driver.appliance)
        }
    }

    @Test(arguments: [
        (Duration.zero, Duration.zero),  // Date as expected
        (.seconds(-4), .seconds(-4)),  // the appliance's clock was behind
        (.seconds(4), .zero),  // never beyond what was requested
        (.hour * -1, .hour * -1),  // the clock stepped back, and no request was left to retry
    ])
    func `after a commit the cursor is the end of the window or Date, whichever is earlier`(
        date: Duration, cursor: Duration
    ) {
        var driver = PlannerDriver.resumed()
        driver.begin()
        driver.respond(date: driver.appliance + date)
        #expect(driver.commitment?.checkpoint.cursor == driver.appliance + cursor)
    }

    @Test func `a window ends where catch-up is, and moves the cursor there`() throws {
        var driver = PlannerDriver.resumed(behind: .day * 3)
        driver.begin(nextPollIn: nil)
        #expect(driver.query?.purpose == .newest)
        driver.succeed()
        let query = try #require(driver.query)
        #expect(query.purpose == .catchUp)
        #expect(query.window.start == origin - .day * 3 - settings.overlap)
        driver.succeed()
        #expect(driver.checkpoint?.cursor == query.window.end)
    }

    @Test func `the skew of the last response that had a Date is kept`() {
        var driver = PlannerDriver.resumed()
        driver.begin()
        driver.respond(skew: .seconds(7))
        driver.commit()
        #expect(driver.checkpoint?.skew == .seconds(7))
        #expect(driver.checkpoint?.cursorByExporter == origin - .seconds(7))
        driver.begin()
        driver.succeed()
        #expect(driver.checkpoint?.skew == .seconds(7))
    }

    // MARK: Newest first

    @Test func `far behind, the newest records come first, once in a poll, and move nothing`() throws {
        var driver = PlannerDriver.resumed(behind: .day * 20)
        driver.begin()
        let newest = try #require(driver.query)
        #expect(newest.purpose == .newest)
        #expect(newest.window == QueryWindow(start: origin - settings.overlap, end: origin))
        let cursor = driver.checkpoint?.cursor
        driver.succeed()
        #expect(driver.checkpoint?.cursor == cursor)
        let rest = driver.finishPoll()
        #expect(rest.allSatisfy { $0.purpose == .catchUp })
        #expect(rest.last?.window.end == origin)
    }

    @Test func `the newest records do not come first during the first lookback`() {
        var driver = PlannerDriver.resumed(behind: .day * 9) { $0.isComplete = false }
        driver.begin()
        #expect(driver.query?.purpose == .catchUp)
    }

    @Test func `one window behind, catch-up reaches the present without the newest records first`() {
        var driver = PlannerDriver.resumed(behind: .hour * 20)
        #expect(driver.poll().map(\.purpose).first == .catchUp)
    }

    // MARK: Recheck

    @Test func `a recheck requests everything that may still change twice, below the cursor`() throws {
        var driver = PlannerDriver.resumed { $0.recheckWatermark = self.origin - .hour * 5 }
        let queries = driver.poll()
        #expect(queries.map(\.purpose) == [.catchUp, .recheck, .recheck])
        #expect(queries.map(\.byCreation) == [true, true, false])
        for query in queries.dropFirst() {
            #expect(query.window == QueryWindow(start: origin - .hour * 7, end: origin))
        }
        #expect(driver.checkpoint?.recheckWatermark == origin - settings.recheckWindow)
    }

    @Test func `records of a recheck up to the cursor are late, those of catch-up are not`() {
        var driver = PlannerDriver.resumed { $0.recheckWatermark = self.origin - .hour * 5 }
        driver.begin()
        driver.respond()
        #expect(driver.commitment?.lateBefore == nil)
        driver.commit()
        driver.next()
        #expect(driver.query?.purpose == .recheck)
        driver.respond()
        #expect(driver.commitment?.lateBefore == origin)
    }

    @Test func `the next recheck is due an interval after the last, whatever the restarts`() {
        var driver = PlannerDriver.resumed { $0.recheckWatermark = self.origin - .hour * 4 - .minute * 20 }
        #expect(!driver.poll().contains { $0.purpose == .recheck })
        driver.seconds = 39 * 60
        #expect(!driver.poll().contains { $0.purpose == .recheck })
        driver.planner.restore(driver.checkpoint)
        driver.seconds = 40 * 60
        #expect(driver.poll().filter { $0.purpose == .recheck }.count == 2)
        driver.seconds = 99 * 60
        #expect(!driver.poll().contains { $0.purpose == .recheck })
        driver.seconds = 100 * 60
        #expect(driver.poll().filter { $0.purpose == .recheck }.count == 2)
    }

    @Test func `a recheck that fails is delayed, and polls continue without it`() {
        var driver = PlannerDriver.resumed { $0.recheckWatermark = self.origin - .hour * 5 }
        driver.begin()
        driver.succeed()
        driver.fail(.server, status: 500)
        #expect(driver.action == .fail(.request(PlannerDriver.failure(.server, 500))))
        driver.seconds = 60
        #expect(driver.poll().map(\.purpose) == [.catchUp])
        driver.seconds = 15 * 60
        #expect(driver.poll().map(\.purpose) == [.catchUp, .recheck, .recheck])
    }

    // MARK: Clock

    @Test func `after a clock step the query is planned again, once in a poll`() throws {
        var driver = PlannerDriver.resumed()
        driver.begin()
        driver.offset = .seconds(-20)
        driver.respond(step: .seconds(-20), date: driver.appliance)
        #expect(driver.query?.window.end == origin - .seconds(20))
        driver.offset = .zero
        driver.respond(step: .seconds(20), date: driver.appliance)
        #expect(driver.commitment?.checkpoint.cursor == origin - .seconds(20))
    }

    @Test(arguments: [(Duration.seconds(-3_600), Duration.seconds(-3_600)), (.seconds(3_600), .minute * -1)])
    func `after a step of more than half the overlap catch-up starts at the cursor or the earlier clock`(
        step: Duration, start: Duration
    ) {
        var driver = PlannerDriver.resumed()
        driver.begin()
        driver.offset = step
        driver.respond(step: step, date: driver.appliance)
        #expect(driver.query?.window == QueryWindow(start: origin + start - settings.overlap, end: origin + step))
    }

    @Test func `without a request left before the next poll a clock step is not followed`() {
        var driver = PlannerDriver.resumed()
        driver.begin()
        driver.delay = .minute
        driver.respond(step: .hour * -1, date: driver.appliance - .hour)
        #expect(driver.commitment?.checkpoint.cursor == origin - .hour)
    }

    // MARK: Request budget

    @Test func `a poll that may not send any request fails for the budget`() {
        var driver = PlannerDriver.resumed()
        driver.delay = .minute
        driver.begin()
        #expect(driver.action == .fail(.budget))
    }

    @Test func `a request that the budget permits before the next poll is waited for`() {
        var driver = PlannerDriver.resumed()
        driver.delay = .seconds(30)
        driver.begin()
        #expect(driver.action == .wait(until: .at(30)))
        driver.seconds = 30
        driver.delay = .zero
        driver.next()
        #expect(driver.query?.window.end == driver.appliance)
    }

    @Test func `the only poll waits however long it takes`() {
        var driver = PlannerDriver.resumed()
        driver.delay = .hour
        driver.begin(nextPollIn: nil)
        #expect(driver.action == .wait(until: .at(3_600)))
    }

    @Test func `a poll that is late sends one request all the same`() {
        var driver = PlannerDriver.resumed(behind: .day * 20)
        driver.begin(nextPollIn: 0)
        #expect(driver.query != nil)
        driver.succeed()
        #expect(driver.action == .finish)
    }

    @Test func `catch-up and recheck leave permits to the newest records and the present`() {
        var driver = PlannerDriver.resumed(behind: .day * 20)
        driver.lowPriorityDelay = .seconds(50)
        driver.begin()
        #expect(driver.query?.purpose == .newest)
        driver.succeed()
        #expect(driver.action == .wait(until: .at(50)))

        driver = PlannerDriver.resumed { $0.recheckWatermark = self.origin - .hour * 5 }
        driver.lowPriorityDelay = .seconds(50)
        driver.begin()
        #expect(driver.query?.purpose == .catchUp)
        driver.succeed()
        #expect(driver.action == .wait(until: .at(50)))
    }

    @Test func `a recheck that the last poll had no request left for comes first, and leaves no permits`() {
        var driver = PlannerDriver.resumed { $0.recheckWatermark = self.origin - .hour * 5 }
        driver.lowPriorityDelay = .seconds(60)
        driver.begin()
        driver.succeed()
        #expect(driver.action == .finish)
        driver.seconds = 60
        driver.begin()
        #expect(driver.query?.purpose == .recheck)
        driver.succeed()
        #expect(driver.query?.purpose == .catchUp)
    }

    @Test func `where records have no activity time a recheck scans once`() {
        var settings = PlannerDriver.settings
        settings.hasActivityTime = false
        var driver = PlannerDriver.resumed(settings: settings) { $0.recheckWatermark = self.origin - .hour * 5 }
        let rechecks = driver.poll().filter { $0.purpose == .recheck }
        #expect(!rechecks.isEmpty && rechecks.allSatisfy(\.byCreation))
        #expect(driver.checkpoint?.recheckWatermark == origin - .hour * 4)
    }

    // MARK: Dedupe

    @Test func `seen records are kept for thirty days before the cursor, clock and watermark`() {
        var driver = PlannerDriver.resumed()
        _ = driver.poll()
        #expect(driver.checkpoint?.dedupeHorizon == origin - .hour * 4 - .day * 30)
    }

    @Test func `a recheck window of weeks keeps them for four times as long`() {
        var settings = settings
        settings.recheckWindow = .day * 14
        var driver = PlannerDriver(settings: settings)
        _ = driver.poll()
        #expect(driver.checkpoint?.dedupeHorizon == origin - .day * 14 - (.day * 14 + .hour * 2) * 4)
    }

    @Test func `the horizon follows the earlier clock, and never goes back`() {
        var driver = PlannerDriver.resumed { $0.dedupeHorizon = self.origin - .day * 20 }
        driver.offset = .day * 365
        driver.begin()
        driver.respond()
        #expect(driver.commitment?.countsSince == origin - .minute - .day * 10)
        #expect(driver.commitment?.checkpoint.dedupeHorizon == origin - .day * 20)
    }

    @Test func `what the ledger may have forgotten is not counted`() {
        var driver = PlannerDriver.resumed { $0.dedupeHorizon = self.origin - .day * 5 }
        driver.begin()
        driver.respond()
        #expect(driver.commitment?.countsSince == origin - .day * 5)
    }
}
