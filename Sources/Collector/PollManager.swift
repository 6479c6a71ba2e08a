package import Ledger
package import Metrics

/// Polls every appliance on a task of its own, none waiting for another, and counts what they answer.
package struct PollManager: Sendable {
    let plans: [PollConfiguration]
    let ledger: Ledger
    private let timeline: Clocks
    let seed: UInt64
    private let emit: @Sendable (Event) -> Void
    private let publish: Publish

    /// Takes the families of one feed over, in place of those it had before.
    package typealias Publish = @Sendable (_ appliance: String, _ feed: FeedKind, _ families: [MetricFamily]) -> Void

    /// - Parameters:
    ///   - plans: One per appliance, by unique names.
    ///   - seed: Of the jitter; the same seed with the same answers gives the same course.
    ///   - emit: Gets everything that happens, on any thread and in the order of each appliance.
    ///   - publish: Gets all families of a feed whenever they changed, first at the start.
    package init(
        plans: [PollConfiguration], ledger: Ledger, timeline: Clocks = .system, seed: UInt64,
        emit: @escaping @Sendable (Event) -> Void,
        publish: @escaping Publish
    ) {
        self.plans = plans
        self.ledger = ledger
        self.timeline = timeline
        self.seed = seed
        self.emit = emit
        self.publish = publish
    }

    /// Publishes what the ledger holds from before, and returns when that is done; nothing is asked.
    ///
    /// A program that calls it before it serves shows at its first scrape what it showed at its last. What cannot be
    /// read now is reported by `run`, which reads it again.
    package static func restore(
        _ plans: [PollConfiguration], from ledger: Ledger,
        publish: @escaping Publish
    ) async -> InitialState {
        // The ledger reads one appliance after the other; meanwhile the families of those before are put in order.
        await withTaskGroup { group in
            for plan in plans {
                group.addTask {
                    let key = BreachFeed.key(of: plan.name)
                    guard let reading = try? await LedgerSnapshot.read(key, from: ledger, limit: plan.maxModels) else {
                        return (plan.name, LedgerSnapshot?.none)
                    }
                    let standing = BreachMetrics.baselineFamilies(
                        of: plan.name, checkpoint: reading.checkpoint, modelsTracked: reading.modelLimit.count,
                        modelsLimit: plan.maxModels)
                    publish(plan.name, .modelBreaches, standing + reading.families)
                    return (plan.name, reading)
                }
            }
            return InitialState(await group.reduce(into: [:]) { readings, part in readings[part.0] = part.1 })
        }
    }

    /// Runs until its task is cancelled, then ends at once: nothing uncommitted counts.
    ///
    /// - Parameter restored: What was read before; nothing may have been written since.
    package func run(from restored: InitialState? = nil) async {
        await withDiscardingTaskGroup { group in
            for plan in plans {
                group.addTask(name: "appliance \(plan.name)") {
                    await poll(plan, restored?.remove(plan.name))
                }
            }
        }
    }

    private func poll(_ plan: PollConfiguration, _ restored: LedgerSnapshot?) async {
        let line = session(of: plan)
        await AppliancePoller(line: line, feeds: feeds(on: line, restored), seed: seed).run()
    }

    func session(of plan: PollConfiguration) -> ApplianceSession {
        ApplianceSession(plan: plan, timeline: timeline, emit: emit)
    }

    /// Everything that is polled of an appliance.
    func feeds(on line: ApplianceSession, _ restored: LedgerSnapshot?) -> [any Feed] {
        line.plan.feeds.map { kind in
            let publish: @Sendable ([MetricFamily]) -> Void = { [publish, name = line.plan.name] in
                publish(name, kind, $0)
            }
            func state<Source: GaugeEndpoint>(_: Source.Type) -> any Feed {
                GaugeFeed<Source>(kind, line: line, publish: publish)
            }
            return kind.source.map { state($0) }
                ?? BreachFeed(line: line, ledger: ledger, restored: restored, publish: publish)
        }
    }
}
