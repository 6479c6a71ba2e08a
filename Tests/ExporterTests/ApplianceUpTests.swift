import Collector
import Exporter
import Metrics
import Testing

/// `darktrace_up` of an appliance, with and without polls of model breaches.
@Suite struct ApplianceUpTests {
    private let metrics = PollMetrics()

    private func end(_ feed: FeedKind, isSuccess: Bool) {
        let failure = PollReport.Failure(.request, "timeout: too slow")
        metrics.end("hq", PollReport(feed: feed, seconds: 1, failure: isSuccess ? nil : failure), milliseconds: 0)
    }

    private var up: Double? {
        let family = metrics.collect("hq").first { $0.descriptor == PollMetrics.up }
        guard case .number(let value, _) = family?.series.first?.value else { return nil }
        return value
    }

    @Test func `model breaches decide where they are polled`() {
        metrics.declare("hq", pollsModelBreaches: true)
        #expect(up == 0)
        end(.status, isSuccess: true)
        #expect(up == 0)
        end(.modelBreaches, isSuccess: true)
        #expect(up == 1)
        end(.status, isSuccess: false)
        #expect(up == 1)
        end(.modelBreaches, isSuccess: false)
        #expect(up == 0)
    }

    @Test func `where they are not, an appliance is up while a poll of any feed succeeds`() {
        metrics.declare("hq", pollsModelBreaches: false)
        #expect(up == 0, "the series exists from the start")
        end(.antigena, isSuccess: false)
        #expect(up == 0)
        end(.status, isSuccess: true)
        #expect(up == 1)
        end(.antigena, isSuccess: false)
        #expect(up == 1)
        end(.status, isSuccess: false)
        #expect(up == 0)
        end(.status, isSuccess: true)
        metrics.declare("hq", pollsModelBreaches: true)
        end(.status, isSuccess: false)
        #expect(up == 1, "after a reload model breaches decide again")
    }
}
