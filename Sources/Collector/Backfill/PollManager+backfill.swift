import Darktrace
import Ledger

extension PollManager {
    /// Consecutive failures of an appliance that end the backfill.
    private static var maxFailures: Int { 5 }
    /// Time between two progress reports, in nanoseconds.
    private static var progressInterval: Int64 { 10_000_000_000 }

    /// Requests all breaches of a time range from every appliance, each appliance in its own task.
    ///
    /// It runs as the first lookback of a ledger, which should be empty and used for nothing else. Failures are retried
    /// with backoff; an appliance that keeps failing, or rejects the credentials, ends the backfill for all.
    ///
    /// - Parameter ranges: By appliance name.
    /// - Returns: In the order of the configuration.
    /// - Throws: `BackfillError`, or `CancellationError`.
    package func backfill(over ranges: [String: BackfillRange]) async throws -> [BackfillHistory] {
        try await withThrowingTaskGroup { group in
            for (index, plan) in plans.enumerated() {
                guard let range = ranges[plan.name] else { continue }
                group.addTask(name: "appliance \(plan.name)") { (index, try await history(of: plan, over: range)) }
            }
            var histories: [Int: BackfillHistory] = [:]
            for try await (index, history) in group { histories[index] = history }
            return histories.sorted { $0.key < $1.key }.map(\.value)
        }
    }

    private func history(of plan: PollConfiguration, over range: BackfillRange) async throws -> BackfillHistory {
        var plan = plan
        plan.horizonMilliseconds = range.end
        // Seconds as floating point are not exact to the millisecond; the history drops what is too early.
        plan.initialLookback = Double(range.end - range.start) / 1_000 + 1
        plan.newSeriesHold = 0
        let session = self.session(of: plan)
        let feed = BreachFeed(session: session, ledger: ledger) { _ in }
        let state = BackfillState(BackfillHistory(of: plan.name, over: range))
        feed.onCommit = { records, models, modelLimit, cursor in
            state.history.add(records, models: models, modelLimit: modelLimit)
            state.failures = 0
            guard session.monotonic - state.lastReported >= Self.progressInterval else {
                return
            }
            state.lastReported = session.monotonic
            session.report(state.progress(upTo: cursor.milliseconds))
        }
        defer { feed.onCommit = nil }
        await feed.restore()
        var backoff = Backoff(interval: plan.pollInterval)
        var generator = SplitMix64(seed: seed, name: plan.name)
        state.lastReported = session.monotonic
        while true {
            guard let outcome = await session.poll(feed, from: session.monotonic, until: .max) else {
                throw CancellationError()
            }
            guard let (failure, setback) = outcome.failure else {
                session.reportPoll(feed, outcome)
                guard feed.counts.isComplete else { throw CancellationError() }
                session.report(state.progress(upTo: range.end, isComplete: true))
                return state.history
            }
            state.failures += 1
            guard !setback.skipsBackoff, setback.cause != .credentials, state.failures < Self.maxFailures else {
                session.reportPoll(feed, outcome)
                throw BackfillError(appliance: plan.name, detail: failure.detail)
            }
            let seconds = backoff.recordFailure(setback.cause, retryAfter: setback.retryAfter, using: &generator)
            session.reportPoll(feed, outcome, retrySeconds: seconds)
            try await session.clocks.sleep(session.monotonic + Int64(seconds: seconds, unit: 1e9))
        }
    }

    /// What has been read so far.
    private final class BackfillState {
        var history: BackfillHistory
        /// Consecutive failures.
        var failures = 0
        /// Time of the last progress report, in nanoseconds of the monotonic clock.
        var lastReported: Int64 = 0

        init(_ history: BackfillHistory) { self.history = history }

        func progress(upTo end: Int64, isComplete: Bool = false) -> Event.Kind {
            .backfillProgress(BackfillProgress(count: history.count, endMilliseconds: end, isComplete: isComplete))
        }
    }
}

/// How far the history of an appliance has been read.
package struct BackfillProgress: Sendable, Equatable {
    /// Number of breaches so far.
    package let count: Int
    /// Everything created up to here has been read, in milliseconds since 1970 by the appliance's clock.
    package let endMilliseconds: Int64
    /// Whether everything has been read.
    package let isComplete: Bool
}

/// The history of an appliance could not be read completely; the description is one line.
package struct BackfillError: Error, Equatable, CustomStringConvertible {
    package let appliance: String
    /// What is wrong and what to do.
    package let detail: String

    package var description: String {
        "appliance \(appliance): \(detail); nothing was written, since a part would look like the whole"
    }
}
