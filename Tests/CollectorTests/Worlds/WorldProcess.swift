import Collector
import Ledger
import Metrics
import TestSupport

extension World {
    /// How the exporter runs.
    enum ProcessRun {
        /// A process polls on its schedule and serves what it publishes.
        case serving
        /// A timer starts a process that polls once, prints and exits.
        case timed
    }

    /// One process of the exporter.
    final class Exporter: @unchecked Sendable {
        // Unchecked: everything happens on the loop's one thread.
        private let ledger: any FaultyLedger
        private let loop: Loop
        private let interval: Int64
        private let sites: [String: Site]
        private let manager: PollManager
        private let configurations: [PollConfiguration]
        private let publish: PollManager.Publish

        init(_ world: World, seed: UInt64) {
            ledger = world.ledger
            loop = world.loop
            interval = world.profile.interval
            configurations = world.sites.map(\.configuration)
            let (loop, history, recorder) = (world.loop, world.main.history, world.recorder)
            let sites = Unchecked(value: Dictionary(uniqueKeysWithValues: world.sites.map { ($0.name, $0) }))
            self.sites = sites.value
            let wall = { @Sendable in
                let time = History.origin + loop.now / 1_000_000
                return time + history.wallOffset(at: time)
            }
            let clocks = Clocks(
                monotonicNanoseconds: { loop.look() }, wallMilliseconds: wall,
                sleep: { (instant) async throws(CancellationError) in try await loop.sleep(until: instant) })
            publish = { name, feed, families in sites.value[name]?.publish(feed, families, wall: wall()) }
            manager = PollManager(
                configurations: configurations, ledger: ledger, clocks: clocks, seed: seed,
                emit: { event in
                    if case .started = event.kind { sites.value[event.appliance]?.beginPoller() }
                    if recorder.isOpen {
                        recorder.lines.append("\(loop.now / 1_000_000_000) \(event.appliance) \(event.kind)")
                    }
                },
                publish: publish)
        }

        func serve(_ changes: AsyncStream<[PollConfiguration]>) async {
            let restored = await PollManager.restore(configurations, from: ledger, publish: publish)
            await manager.run(changes: changes, from: restored)
        }

        func runByTimer() async {
            while true {
                // Each run has its own request budget.
                for site in sites.values { site.beginProcess() }
                let restored = await PollManager.restore(configurations, from: ledger, publish: publish)
                let result = await manager.pollOnce(from: restored)
                guard !Task.isCancelled else { return }
                for site in sites.values { if let families = site.families { site.exposition.show(families) } }
                try? await manager.release(result)
                do { try await loop.sleep(until: loop.now + interval * 1_000_000_000) } catch { return }
                for site in sites.values { site.families = nil }
            }
        }

        private struct Unchecked<Value>: @unchecked Sendable {
            let value: Value
        }
    }

    /// The reported events, for debugging.
    final class EventRecorder: @unchecked Sendable {
        // Unchecked: everything happens on the loop's one thread.
        var isOpen = false
        var lines: [String] = []
    }
}
