import Collector
import Exporter
import Locking
import Metrics
import Testing

/// What one body shows of an appliance while it is polled.
@Suite struct MetricsRegistryTests {
    private static let counted = Descriptor("test_counted", .gauge, labels: ["appliance"], help: "Of a poll.")

    /// The appliance whose first poll ends now; nil when all have.
    private final class Polled: Sendable {
        let name = Locked<String?>("start")
    }

    /// Whether a body shows the success of a poll, and what the poll published.
    private static func shown(_ families: [MetricFamily]) -> (success: Bool, counts: Bool) {
        let up = families.first { $0.descriptor == PollMetrics.up }?.series.first?.value
        guard case .number(let value, _) = up else { return (false, false) }
        return (value == 1, families.contains { $0.descriptor == counted })
    }

    @Test func `a body that shows the success of a poll shows what the poll published`() async {
        let registry = MetricsRegistry(clocks: .system, droppedLogLines: { 0 })
        let polled = Polled()
        let torn = await withTaskGroup(of: Int.self) { group in
            group.addTask {
                // Each first poll can be caught once.
                for number in 0..<3_000 {
                    let name = "appliance-\(number)"
                    registry.states.add(name)
                    registry.polls.declare(name, pollsModelBreaches: true)
                    polled.name.withLock { $0 = name }
                    let family = MetricFamily(Self.counted, [Series(Labels(["appliance"], [name]), .number(1))])
                    registry.states.publish(name, .modelBreaches, [family])
                    registry.polls.end(name, PollReport(feed: .modelBreaches, seconds: 1), milliseconds: 0)
                }
                polled.name.withLock { $0 = nil }
                return 0
            }
            group.addTask {
                var torn = 0
                while let name = polled.name.withLock({ $0 }) {
                    let shown = Self.shown(registry.families(of: name))
                    if shown.success, !shown.counts { torn += 1 }
                }
                return torn
            }
            return await group.reduce(0, +)
        }
        #expect(torn == 0)
    }
}
