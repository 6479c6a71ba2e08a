import Darktrace
import Testing

@testable import Collector

/// The rules of polling when responses are too large, slow, incomplete or unreadable.
@Suite struct QueryPlannerFaultTests {
    private let origin = PlannerDriver.origin
    private let settings = PlannerDriver.settings

    // MARK: Too large or too slow

    @Test(arguments: [
        (APIError.Reason.tooLarge, Int?.none, 0, true), (.timeout, nil, 0, true), (.malformed, 200, 9, true),
        (.malformed, 200, 0, false), (.malformed, 500, 9, false), (.server, 504, 0, true), (.server, 500, 0, false),
        (.connect, nil, 0, false), (.signature, 400, 30, false), (.rateLimited, 429, 0, false),
    ])
    func `a failure shrinks the window if a narrower one may succeed`(
        reason: APIError.Reason, status: Int?, bodyBytes: Int, shrinks: Bool
    ) {
        var driver = PlannerDriver.resumed(behind: .hour * 20)
        driver.begin()
        let span = driver.query?.window.span ?? .zero
        driver.fail(reason, status: status, bodyBytes: bodyBytes)
        if shrinks {
            #expect(driver.action == .reportShrunkWindow(span / 2, because: reason))
            driver.next()
            #expect(driver.query.map { $0.window.span <= span / 2 } == true)
        } else {
            #expect(driver.action == .fail(.request(PlannerDriver.failure(reason, status, bodyBytes))))
        }
    }

    @Test func `responses that are too large are halved down to a second`() {
        var driver = PlannerDriver.resumed(behind: .hour * 20)
        driver.begin()
        var spans: [Duration] = []
        while let query = driver.query, spans.count < 50 {
            spans.append(query.window.span)
            driver.fail(.tooLarge)
            if case .fail = driver.action { break }
            driver.next()
        }
        #expect(spans.last == .seconds(1))
        #expect(spans.count < 20)
    }

    @Test func `a poll retries one slow response, and the next poll continues with the narrower window`() {
        var driver = PlannerDriver.resumed(behind: .hour * 20) { $0.isComplete = false }
        driver.begin()
        driver.fail(.timeout)
        driver.next()
        let span = driver.query?.window.span
        driver.fail(.timeout)
        #expect(driver.action == .fail(.request(PlannerDriver.failure(.timeout))))
        driver.begin()
        #expect(driver.query?.window.span == span.map { $0 / 2 })
    }

    @Test func `a slow response to a narrow window fails the poll`() {
        var driver = PlannerDriver.resumed()
        driver.begin()
        driver.fail(.timeout)
        #expect(driver.action == .fail(.request(PlannerDriver.failure(.timeout))))
    }

    @Test func `the only poll halves, then takes the narrowest window, then fails`() {
        var driver = PlannerDriver.resumed(behind: .hour * 20) { $0.isComplete = false }
        driver.begin(nextPollIn: nil)
        let span = driver.query?.window.span ?? .zero
        var spans: [Duration] = []
        for _ in 0..<2 {
            driver.fail(.timeout)
            driver.next()
            spans.append(driver.query?.window.span ?? .zero)
        }
        #expect(spans == [span / 2, .minute])
        driver.fail(.timeout)
        #expect(driver.action == .fail(.request(PlannerDriver.failure(.timeout))))
    }

    @Test func `the only poll does not retry when the appliance did not receive the request`() {
        var driver = PlannerDriver.resumed(behind: .hour * 20)
        driver.begin(nextPollIn: nil)
        driver.fail(.timeout, reachedAppliance: false)
        #expect(driver.action == .fail(.request(PlannerDriver.failure(.timeout, nil, 0, false))))
    }

    @Test func `a poll whose budget ends after a timeout has failed`() {
        var driver = PlannerDriver.resumed(behind: .hour * 20)
        driver.begin()
        driver.delay = .minute
        driver.fail(.timeout)
        driver.next()
        #expect(driver.action == .fail(.request(PlannerDriver.failure(.timeout))))
    }

    @Test func `a poll whose budget ends after a response that was too large has not failed`() {
        var driver = PlannerDriver.resumed(behind: .hour * 20)
        driver.begin()
        driver.delay = .minute
        driver.fail(.tooLarge)
        driver.next()
        #expect(driver.action == .finish)
    }

    @Test func `newest records that are too many are halved, and catch-up keeps its width`() {
        var driver = PlannerDriver.resumed(behind: .day * 20)
        driver.begin()
        driver.fail(.tooLarge)
        #expect(driver.action == .reportShrunkWindow(settings.overlap / 2, because: .tooLarge))
        driver.next()
        #expect(driver.query?.purpose == .newest)
        #expect(driver.query?.window == QueryWindow(start: origin - settings.overlap / 2, end: origin))
        driver.succeed()
        #expect(driver.query?.purpose == .catchUp)
        #expect(driver.query.map { $0.window.span > .day } == true)
    }

    // MARK: Full records

    @Test func `incomplete short records are requested as full records, which then become the rule`() {
        var driver = PlannerDriver.resumed()
        driver.begin()
        let window = driver.query?.window
        driver.respond(.incomplete([7, 8]))
        #expect(driver.query?.form == .full(incompleteIDs: [7, 8]))
        #expect(driver.query?.window == window)
        driver.respond(ResponseSummary(received: 2, hasCompletedRecords: true))
        #expect(driver.commitment?.switchesToFullRecords == true)
        driver.commit()
        #expect(driver.checkpoint?.needsFullRecords == true)
        driver.seconds = 60
        #expect(driver.poll().map(\.form) == [.full(incompleteIDs: [])])
    }

    @Test func `records that are incomplete in either form are not requested twice again`() {
        var driver = PlannerDriver.resumed()
        driver.begin()
        driver.respond(.incomplete([7]))
        driver.respond(.incomplete([7]))
        #expect(driver.commitment?.switchesToFullRecords == false)
        driver.commit()
        driver.begin()
        driver.respond(.incomplete([7]))
        #expect(driver.commitment != nil)
        driver.begin()
        driver.respond(.incomplete([7, 9]))
        #expect(driver.query?.form == .full(incompleteIDs: [9]))
    }

    @Test func `full records that the budget does not permit are requested first by the next poll`() {
        var driver = PlannerDriver.resumed()
        driver.begin()
        driver.delay = .minute
        driver.respond(.incomplete([7]))
        #expect(driver.action == .finish)
        driver.delay = .zero
        driver.seconds = 60
        driver.begin()
        #expect(driver.query?.form == .full(incompleteIDs: [7]))
        #expect(driver.query?.window.end == driver.appliance)
    }

    // MARK: Creation time

    @Test func `records created outside the window switch to activity time with a wider overlap, and back`() {
        var driver = PlannerDriver.resumed()
        driver.begin()
        driver.respond(ResponseSummary(received: 1, hasCreationOutsideWindow: true))
        #expect(driver.commitment?.changesTimeBasis == true)
        driver.commit()
        #expect(driver.checkpoint?.usesActivityTime == true)
        driver.next()
        #expect(driver.query?.byCreation == false)
        #expect(driver.query?.window.start == origin - settings.recheckWindow)
        driver.succeed()
        #expect(driver.action == .finish)

        // A recheck queries by creation time, so it notices when the appliance honours it again.
        driver.seconds = 3_600
        driver.begin()
        driver.succeed()
        #expect(driver.query?.byCreation == true)
        driver.respond(ResponseSummary(received: 1, hasActivityOutsideWindow: true))
        driver.commit()
        #expect(driver.checkpoint?.usesActivityTime == false)
        driver.next()
        #expect(driver.query?.byCreation == true && driver.query?.purpose == .catchUp)
    }

    @Test(arguments: [(false, true), (true, true)])
    func `by activity time both kinds of records outside the window prove nothing`(creation: Bool, activity: Bool) {
        var driver = PlannerDriver.resumed { $0.usesActivityTime = true }
        driver.begin()
        #expect(driver.query?.byCreation == false)
        driver.respond(
            ResponseSummary(
                received: 2, hasCreationOutsideWindow: creation, hasActivityOutsideWindow: activity))
        #expect(driver.commitment?.changesTimeBasis == false)
    }

    @Test func `the first lookback is not complete while the time basis changes`() {
        var driver = PlannerDriver()
        driver.begin()
        driver.respond(ResponseSummary(received: 1, hasCreationOutsideWindow: true))
        #expect(driver.commitment?.checkpoint.isComplete == false)
        driver.commit()
        driver.next()
        #expect(driver.query?.byCreation == false)
        driver.respond()
        #expect(driver.commitment?.checkpoint.isComplete == true)
    }

    // MARK: Unreadable records

    @Test func `a response without a readable record moves nothing, and the next poll requests a wider window`() {
        var driver = PlannerDriver.resumed(behind: .day * 9)
        driver.begin()
        driver.succeed()
        let window = driver.query?.window
        driver.respond(.unreadable)
        #expect(driver.action == .fail(.unreadable(count: 3)))
        #expect(driver.checkpoint?.cursor == origin - .day * 9)
        driver.seconds = 60
        driver.begin()
        driver.succeed()
        #expect(driver.query?.window.start == window?.start)
        #expect(driver.query?.window.span == window.map { $0.span * 2 })
    }

    @Test func `when no wider window succeeds, catch-up skips windows without readable records`() {
        var driver = PlannerDriver.resumed(behind: .day * 9)
        driver.begin()
        driver.succeed()
        driver.respond(.unreadable)
        driver.seconds = 60
        driver.begin()
        driver.succeed()
        driver.fail(.tooLarge)
        driver.next()
        driver.respond(.unreadable)
        #expect(driver.commitment?.query.purpose == .catchUp)
        driver.commit()
        driver.next()
        // A readable record ends that: the next response without one fails again.
        driver.succeed(ResponseSummary(received: 1))
        driver.respond(.unreadable)
        #expect(driver.action == .fail(.unreadable(count: 3)))
    }

    @Test func `the only poll widens at once, and fails at the present`() {
        var driver = PlannerDriver.resumed(behind: .day * 9)
        driver.begin(nextPollIn: nil)
        driver.succeed()
        var ends: [ApplianceTime] = []
        while let query = driver.query, ends.count < 50 {
            ends.append(query.window.end)
            driver.respond(.unreadable)
        }
        #expect(ends.count > 1)
        #expect(ends.last == origin)
        #expect(driver.action == .fail(.unreadable(count: 3)))
    }

    @Test func `two unreadable records prove nothing about the format`() {
        var driver = PlannerDriver.resumed()
        driver.begin()
        driver.respond(ResponseSummary(received: 2, unreadableCount: 2))
        #expect(driver.commitment != nil)
    }

    @Test func `an unreadable recheck is committed`() {
        var driver = PlannerDriver.resumed { $0.recheckWatermark = self.origin - .hour * 5 }
        driver.begin()
        driver.succeed()
        #expect(driver.query?.purpose == .recheck)
        driver.respond(.unreadable)
        #expect(driver.commitment?.query.purpose == .recheck)
    }
}
