package import Ledger

/// What one poll of everything came to.
package struct OnceResult: Sendable {
    /// The appliances of which a poll of what is counted failed, in the order of the plans.
    package fileprivate(set) var failed: [String] = []
    /// The series that are shown as 0, by their feed.
    fileprivate(set) var held: [(feed: FeedKey, rows: [RowKey])] = []
}

extension PollManager {
    /// Polls everything once, each appliance on a task of its own, and returns when all polls have ended.
    ///
    /// A poll goes on until there is nothing left to ask for, the whole first lookback included, or until it fails. No
    /// series is released meanwhile. When the task is cancelled it ends at once: nothing uncommitted counts.
    ///
    /// - Parameter restored: What was read before; nothing may have been written since.
    package func pollOnce(from restored: InitialState? = nil) async -> OnceResult {
        await withTaskGroup { group in
            for (index, plan) in plans.enumerated() {
                group.addTask(name: "appliance \(plan.name)") {
                    (index, await pollOnce(plan, restored?.remove(plan.name)))
                }
            }
            var parts: [Int: OnceResult] = [:]
            for await (index, part) in group { parts[index] = part }
            return parts.sorted { $0.key < $1.key }.reduce(into: OnceResult()) { round, part in
                round.failed += part.value.failed
                round.held += part.value.held
            }
        }
    }

    private func pollOnce(_ plan: PollConfiguration, _ restored: LedgerSnapshot?) async -> OnceResult {
        var plan = plan
        // A poll may last longer than the hold, and what it finds must be shown as 0 at its end.
        if plan.newSeriesHold > 0 { plan.newSeriesHold = .greatestFiniteMagnitude }
        let line = session(of: plan)
        let feeds = feeds(on: line, restored)
        line.feeds = feeds
        // They hold the line in turn.
        defer { line.feeds = [] }
        for feed in feeds { await feed.restore() }
        var round = OnceResult()
        for feed in feeds {
            let outcome = await line.poll(feed, from: line.monotonic, until: .max)
            if let outcome { line.reportPoll(feed, outcome) }
            round.held.append(feed.heldSeries)
            guard feed.kind.isCounted else { continue }
            if outcome == nil || outcome?.failure != nil { round.failed = [plan.name] }
            // Who does not answer one is not asked the other.
            if let setback = outcome?.failure?.1, setback.scope != .feed { break }
        }
        return round
    }

    /// Lets what a round showed as 0 tell its true value; it is on the disk when this returns, and shown by the next.
    ///
    /// To be called when the zeros have reached their reader. If it never is, the next round shows them once more.
    package func release(_ round: OnceResult) async throws(LedgerError) {
        for (feed, rows) in round.held where !rows.isEmpty { try await ledger.release(rows, in: feed) }
    }
}
