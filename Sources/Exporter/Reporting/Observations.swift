package import Collector
package import Configuration
import Darktrace
package import Metrics

/// Everything that is told, in one place: what the ledger holds and what the process has counted itself.
package struct Observations: Sendable {
    package let board = Board()
    package let api = APIFamilies()
    package let polls = PollFamilies()
    package let program: ProgramFamilies
    private let timeline: Timeline

    package init(timeline: Timeline) {
        self.timeline = timeline
        program = ProgramFamilies(startMilliseconds: timeline.wallMilliseconds())
    }

    /// Begins to tell of these appliances, and stops telling of others; what is known of a name is kept.
    package func configure(_ appliances: [Settings.Appliance]) {
        let names = Set(appliances.map(\.name))
        for gone in board.states.map(\.name) where !names.contains(gone) {
            board.remove(gone)
            api.remove(gone)
            polls.remove(gone)
        }
        for appliance in appliances {
            board.add(appliance.name, pollIntervalSeconds: appliance.pollInterval)
            api.declare(
                appliance.name, paths: [ModelBreachesRequest.path], requestsPerMinute: appliance.requestsPerMinute)
            polls.declare(appliance.name, feed: "modelbreaches", intervalSeconds: appliance.pollInterval)
        }
    }

    /// What changes by commits and events.
    package func snapshot() -> [Family] {
        (board.families + api.collect() + polls.collect() + program.collect()).merged()
    }

    /// What changes by itself: the process, the scrapes, and what goes away when an appliance is silent.
    package func tail() -> [Family] {
        let now = Double(timeline.monotonicNanoseconds()) / 1e9
        return ProcessFamilies.collect() + program.collectLive() + [board.clockSkew(monotonicSeconds: now)]
    }

    /// What a run tells that ends when it has polled: the appliances alone.
    ///
    /// Left out is what describes a process that stays, and what would collide in a file beside those of others.
    package func appliances() -> [Family] {
        let now = Double(timeline.monotonicNanoseconds()) / 1e9
        return board.families + api.collect() + polls.collect() + program.collectRun()
            + [board.clockSkew(monotonicSeconds: now)]
    }
}
