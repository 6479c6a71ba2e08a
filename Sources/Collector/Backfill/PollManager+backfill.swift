import Darktrace
import Ledger

extension PollManager {
    /// How often in a row an appliance may fail before it is given up.
    private static var tries: Int { 5 }
    /// How long nothing is said of the way, in nanoseconds.
    private static var silence: Int64 { 10_000_000_000 }

    /// Asks every appliance for all breaches of a stretch of time, each appliance on a task of its own.
    ///
    /// It is the first lookback of a ledger that should be empty and belong to nobody else. What fails is tried again,
    /// with growing delays; an appliance that goes on failing, or refuses the credentials, ends it for all.
    ///
    /// - Parameter stretches: By the names of the plans, which it is in the order of.
    /// - Throws: `LostHistory`, or `CancellationError`.
    package func backfill(over stretches: [String: BackfillRange]) async throws -> [BackfillHistory] {
        try await withThrowingTaskGroup { group in
            for (index, plan) in plans.enumerated() {
                guard let stretch = stretches[plan.name] else { continue }
                group.addTask(name: "appliance \(plan.name)") { (index, try await chronicle(of: plan, over: stretch)) }
            }
            var chronicles: [Int: BackfillHistory] = [:]
            for try await (index, chronicle) in group { chronicles[index] = chronicle }
            return chronicles.sorted { $0.key < $1.key }.map(\.value)
        }
    }

    private func chronicle(of plan: PollConfiguration, over stretch: BackfillRange) async throws -> BackfillHistory {
        var plan = plan
        plan.horizonMilliseconds = stretch.end
        // Seconds do not tell milliseconds exactly; what is too early is left out in the end.
        plan.initialLookback = Double(stretch.end - stretch.start) / 1_000 + 1
        plan.newSeriesHold = 0
        let line = session(of: plan)
        let feed = BreachFeed(line: line, ledger: ledger) { _ in }
        let course = BackfillState(BackfillHistory(of: plan.name, over: stretch))
        feed.onCommit = { records, models, bound in
            course.chronicle.take(records, models: models, bound: bound)
            course.failures = 0
            guard let book = feed.checkpoint, line.monotonic - course.lastReported >= Self.silence else { return }
            course.lastReported = line.monotonic
            line.report(course.recollection(upTo: book.cursorMilliseconds))
        }
        defer { feed.onCommit = nil }
        await feed.restore()
        var backoff = Backoff(interval: plan.pollInterval)
        var generator = SplitMix64(seed: seed, name: plan.name)
        course.lastReported = line.monotonic
        while true {
            guard let outcome = await line.poll(feed, from: line.monotonic, until: .max) else {
                throw CancellationError()
            }
            guard let (failure, setback) = outcome.failure else {
                guard feed.counts.isComplete else { throw CancellationError() }
                line.report(course.recollection(upTo: stretch.end, isComplete: true))
                return course.chronicle
            }
            course.failures += 1
            guard !setback.skipsBackoff, setback.cause != .credentials, course.failures < Self.tries else {
                throw BackfillError(appliance: plan.name, detail: failure.detail)
            }
            let seconds = backoff.recordFailure(setback.cause, retryAfter: setback.retryAfter, using: &generator)
            line.report(.backingOff(feed.kind, seconds: seconds, detail: failure.detail))
            try await line.timeline.sleep(line.monotonic + Int64(seconds: seconds, unit: 1e9))
        }
    }

    /// What has been read, and how well that goes.
    private final class BackfillState {
        var chronicle: BackfillHistory
        /// In a row.
        var failures = 0
        /// When something was said last, in nanoseconds of the monotonic clock.
        var lastReported: Int64 = 0

        init(_ chronicle: BackfillHistory) { self.chronicle = chronicle }

        func recollection(upTo end: Int64, isComplete: Bool = false) -> Event.Kind {
            .backfillProgress(BackfillProgress(count: chronicle.count, endMilliseconds: end, isComplete: isComplete))
        }
    }
}

/// An appliance did not tell its whole past; its description is one line.
package struct BackfillError: Error, Equatable, CustomStringConvertible {
    package let appliance: String
    /// What is wrong and what to do.
    package let detail: String

    package var description: String {
        "appliance \(appliance): \(detail); nothing was written, since a part would look like the whole"
    }
}
