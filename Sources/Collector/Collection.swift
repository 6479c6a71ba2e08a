package import Ledger
package import Metrics

/// Polls every appliance on a task of its own, none waiting for another, and counts what they answer.
package struct Collection: Sendable {
    private let plans: [Plan]
    private let ledger: Ledger
    private let timeline: Timeline
    private let seed: UInt64
    private let emit: @Sendable (Event) -> Void
    private let publish: @Sendable (_ appliance: String, _ families: [Family]) -> Void

    /// - Parameters:
    ///   - plans: One per appliance, by unique names.
    ///   - seed: Of the jitter; the same seed with the same answers gives the same course.
    ///   - emit: Gets everything that happens, on any thread and in the order of each appliance.
    ///   - publish: Gets all ledger families of an appliance whenever they changed, first at the start.
    package init(
        plans: [Plan], ledger: Ledger, timeline: Timeline = .system, seed: UInt64,
        emit: @escaping @Sendable (Event) -> Void,
        publish: @escaping @Sendable (_ appliance: String, _ families: [Family]) -> Void
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
    package func restore() async {
        for plan in plans { await feed(of: plan, on: Line(plan: plan, timeline: timeline) { _ in }).open() }
    }

    /// Runs until its task is cancelled, then ends at once: nothing uncommitted counts.
    package func run() async {
        await withDiscardingTaskGroup { group in
            for plan in plans {
                group.addTask(name: "appliance \(plan.name)") {
                    await watch(plan)
                }
            }
        }
    }

    private func watch(_ plan: Plan) async {
        let line = Line(plan: plan, timeline: timeline, emit: emit)
        await Watch(line: line, feeds: [feed(of: plan, on: line)], seed: seed).run()
    }

    private func feed(of plan: Plan, on line: Line) -> BreachFeed {
        BreachFeed(line: line, ledger: ledger) { [publish] families in publish(plan.name, families) }
    }
}
