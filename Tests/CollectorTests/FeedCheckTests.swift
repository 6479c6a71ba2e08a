import Darktrace
import Locking
import Metrics
import Testing

@testable import Collector

/// What `check` requests for a feed, and which metrics it names.
@Suite struct FeedCheckTests {
    /// Answers everything with an empty list, and remembers the targets.
    private final class Recorder: Transport {
        let targets = Locked<[String]>([])

        func send(_ request: OutgoingRequest, to sink: any ResponseSink) async -> TransportResult {
            targets.withLock { $0.append(request.target) }
            return await FixedResponse(body: "[]").send(request, to: sink)
        }
    }

    private func check(_ feed: FeedKind) async -> (targets: [String], checks: [FeedCheck]) {
        let recorder = Recorder()
        let client = Client(transport: recorder, dateFormat: .spaced, timeout: 30, userAgent: "test")
        let checks = await feed.check(
            client, credentials: Credentials(publicToken: "p", privateToken: "q"),
            at: ApplianceTime(milliseconds: 1_760_000_000_000))
        return (recorder.targets.withLock { $0 }, checks)
    }

    @Test func `the list of open breaches is checked for acknowledgements, with all their metrics`() async {
        let (targets, checks) = await check(.acknowledgements)
        #expect(
            targets == [
                "/modelbreaches?creationtime=true&endtime=1760000000000&includeacknowledged=false&minimal=true"
                    + "&starttime=1759996400000"
            ])
        #expect(checks.map(\.attempt.error) == [nil])
        #expect(checks.flatMap(\.metrics) == AcknowledgementMetrics.all.map(\.name))
    }

    @Test(arguments: Feeds.all)
    func `every other feed than model breaches is checked, and each of its metrics is named`(feed: FeedKind) async {
        let (targets, checks) = await check(feed)
        #expect(targets.isEmpty == (feed == .modelBreaches))
        let named = checks.flatMap(\.metrics)
        #expect(Set(named) == (feed == .modelBreaches ? [] : Set(feed.sections.flatMap(\.families).map(\.name))))
        #expect(Set(named).count == named.count)
    }
}
