import Darktrace
import Testing

@testable import Collector

/// Combinations of the rules of polling, and restarts in each phase.
@Suite struct QueryPlannerCombinationTests {
    private let origin = PlannerDriver.origin
    private let settings = PlannerDriver.settings

    @Test func `a recheck that is due waits for catch-up`() {
        var driver = PlannerDriver.resumed(behind: .day * 5) { $0.recheckWatermark = self.origin - .day * 6 }
        let purposes = driver.poll().map(\.purpose)
        #expect(purposes.first == .newest)
        #expect(purposes.firstIndex(of: .recheck) == purposes.lastIndex(of: .catchUp).map { $0 + 1 })
    }

    @Test func `with one request per poll newest, catch-up and recheck alternate`() {
        var driver = PlannerDriver.resumed(behind: .day * 20) { $0.recheckWatermark = self.origin - .day * 21 }
        var purposes: [PlannedQuery.Purpose] = []
        for minute in 0..<200 {
            driver.seconds = Int64(minute) * 60
            driver.delay = .zero
            driver.begin()
            guard let query = driver.query else { break }
            purposes.append(query.purpose)
            driver.delay = .minute
            driver.succeed()
        }
        #expect(purposes.prefix(4) == [.newest, .catchUp, .newest, .catchUp])
        #expect(purposes.contains(.recheck))
        // Neither starves the others: no purpose but catch-up at the present comes three times in a row.
        for index in purposes.indices.dropFirst(2) where purposes[index] != .catchUp {
            #expect(!(purposes[index] == purposes[index - 1] && purposes[index] == purposes[index - 2]))
        }
    }

    @Test func `a deferred recheck comes before catch-up`() {
        var driver = PlannerDriver.resumed { $0.recheckWatermark = self.origin - .hour * 5 }
        driver.begin()
        driver.delay = .minute
        driver.succeed()
        #expect(driver.action == .finish)
        driver.delay = .zero
        driver.seconds = 60
        driver.begin()
        #expect(driver.query?.purpose == .recheck)
        driver.succeed()
        #expect(driver.query?.purpose == .catchUp)
    }

    @Test func `a clock step in the middle of catch-up replans from the cursor`() {
        var driver = PlannerDriver.resumed(behind: .day * 20)
        driver.begin()
        driver.succeed()
        driver.succeed()
        let cursor = driver.checkpoint?.cursor
        driver.offset = .hour
        driver.respond(step: .hour, date: driver.appliance)
        #expect(driver.query?.purpose == .catchUp)
        #expect(driver.query?.window.start == cursor.map { $0 - settings.overlap })
    }

    @Test func `a small clock step in the middle of catch-up continues it`() {
        var driver = PlannerDriver.resumed(behind: .day * 20)
        driver.begin()
        driver.succeed()
        driver.succeed()
        let window = driver.query?.window
        driver.offset = .seconds(20)
        driver.respond(step: .seconds(20), date: driver.appliance)
        #expect(driver.query?.window == window)
    }

    @Test func `a clock step during a recheck starts its scan again`() {
        var driver = PlannerDriver.resumed { $0.recheckWatermark = self.origin - .hour * 5 }
        driver.begin()
        driver.succeed()
        driver.succeed()
        #expect(driver.query?.byCreation == false)
        driver.offset = .hour * -1
        driver.respond(step: .hour * -1, date: driver.appliance)
        // The recheck that was under way comes first, from its beginning.
        #expect(driver.query?.purpose == .recheck)
        #expect(driver.query?.byCreation == true)
        #expect(driver.query?.window.end == origin - .hour)
    }

    @Test func `a clock step keeps the request for full records`() {
        var driver = PlannerDriver.resumed()
        driver.begin()
        driver.respond(.incomplete([7]))
        driver.offset = .hour * -1
        driver.respond(step: .hour * -1, date: driver.appliance)
        #expect(driver.query?.form == .full(incompleteIDs: [7]))
        #expect(driver.query?.window.end == driver.appliance)
    }

    // MARK: Restarts

    @Test func `a restart during a request plans from the checkpoint`() {
        var driver = PlannerDriver.resumed()
        driver.begin()
        let window = driver.query?.window
        driver.planner.restore(driver.checkpoint)
        driver.begin()
        #expect(driver.query?.window == window)
    }

    @Test func `a failed commit changes nothing, and the same window is requested again`() {
        var driver = PlannerDriver.resumed()
        let checkpoint = driver.checkpoint
        driver.begin()
        let query = driver.query
        driver.respond(ResponseSummary(received: 1, hasCreationOutsideWindow: true))
        #expect(driver.commitment?.checkpoint.usesActivityTime == true)
        driver.planner.restore(checkpoint)
        driver.begin()
        #expect(driver.query == query)
    }

    @Test func `a restart during the first lookback continues from the cursor`() {
        var settings = settings
        settings.initialLookback = .day * 30
        var driver = PlannerDriver(settings: settings)
        driver.begin()
        driver.succeed()
        driver.succeed()
        driver.planner.restore(driver.checkpoint)
        driver.begin()
        #expect(driver.query?.purpose == .catchUp)
        #expect(driver.query?.window.start == driver.checkpoint.map { $0.cursor - settings.overlap })
    }

    @Test func `a restart during a recheck starts it again`() {
        var driver = PlannerDriver.resumed { $0.recheckWatermark = self.origin - .hour * 5 }
        driver.begin()
        driver.succeed()
        driver.succeed()
        driver.planner.restore(driver.checkpoint)
        #expect(driver.poll().map(\.byCreation) == [true, true, false])
    }

    @Test func `a restart keeps the width that the appliance could serve`() {
        var driver = PlannerDriver.resumed(behind: .hour * 20)
        driver.begin()
        driver.fail(.tooLarge)
        driver.next()
        driver.planner.restore(driver.checkpoint)
        driver.begin()
        driver.succeed()
        #expect(driver.query.map { $0.window.span < .hour * 11 } == true)
    }

    @Test func `an outcome without its action changes nothing`() {
        var driver = PlannerDriver.resumed()
        driver.begin()
        let query = driver.query
        driver.commit()
        #expect(driver.query == query)
        #expect(driver.checkpoint?.cursor == origin - .minute)
    }
}
