import Darktrace
import Ledger

extension PollManager {
    /// Consecutive failures of an appliance that end the backfill.
    private static var maxFailures: Int { 5 }
    /// Time between two progress reports.
    private static var progressInterval: Duration { .seconds(10) }

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
            for (index, configuration) in configurations.enumerated() {
                guard let range = ranges[configuration.name] else { continue }
                group.addTask(name: "appliance \(configuration.name)") {
                    (index, try await history(of: configuration, over: range))
                }
            }
            var histories: [Int: BackfillHistory] = [:]
            for try await (index, history) in group { histories[index] = history }
            return histories.sorted { $0.key < $1.key }.map(\.value)
        }
    }

    private func history(of configuration: PollConfiguration, over range: BackfillRange) async throws -> BackfillHistory
    {
        var configuration = configuration
        configuration.horizon = ApplianceTime(milliseconds: range.end)
        configuration.initialLookback = .milliseconds(range.end - range.start)
        configuration.newSeriesHold = .zero
        let session = self.session(of: configuration)
        let counting = BreachCounting(maxModels: configuration.maxModels)
        let feed = CountedFeed(.modelBreaches, counting, session: session, ledger: ledger) { _ in }
        let state = BackfillState(BackfillHistory(of: configuration.name, over: range), at: session.monotonic)
        feed.onCommit = { counted, counting, cursor in
            state.history.add(counted.entries, models: counted.texts, modelLimit: counting.modelLimit)
            state.failures = 0
            guard session.monotonic - state.lastReported >= Self.progressInterval else { return }
            state.lastReported = session.monotonic
            session.report(state.progress(upTo: cursor))
        }
        defer { feed.onCommit = nil }
        await feed.restore()
        var backoff = Backoff(interval: configuration.pollInterval)
        var generator = SplitMix64(seed: seed, name: configuration.name)
        while true {
            guard let outcome = await session.poll(feed, from: session.monotonic, until: nil) else {
                throw CancellationError()
            }
            guard let (failure, policy) = outcome.failure else {
                session.reportPoll(feed, outcome)
                guard feed.counts.isComplete else { throw CancellationError() }
                session.report(state.progress(upTo: ApplianceTime(milliseconds: range.end), isComplete: true))
                return state.history
            }
            state.failures += 1
            guard !policy.skipsBackoff, policy.cause != .credentials, state.failures < Self.maxFailures else {
                session.reportPoll(feed, outcome)
                throw BackfillError(appliance: configuration.name, detail: failure.detail)
            }
            let delay = backoff.recordFailure(policy.cause, retryAfter: policy.retryAfter, using: &generator)
            session.reportPoll(feed, outcome, retryDelay: delay)
            try await session.sleep(until: session.monotonic + delay)
        }
    }

    /// What has been read so far.
    private final class BackfillState {
        var history: BackfillHistory
        /// Consecutive failures.
        var failures = 0
        /// Time of the last progress report.
        var lastReported: MonotonicInstant

        init(_ history: BackfillHistory, at now: MonotonicInstant) {
            self.history = history
            lastReported = now
        }

        func progress(upTo end: ApplianceTime, isComplete: Bool = false) -> Event.Kind {
            .backfillProgress(
                BackfillProgress(count: history.count, endMilliseconds: end.milliseconds, isComplete: isComplete))
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
