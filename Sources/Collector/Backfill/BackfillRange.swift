/// A stretch of time that is told as samples: from its start to before its end, in milliseconds since 1970.
package struct BackfillRange: Sendable, Equatable {
    package let start: Int64
    package let end: Int64
    /// From one sample of a series to the next.
    package let step: Int64
    /// Where counts begin anew from 0, because live counters that go on from here began there.
    package let ledgerStart: Int64?

    /// - Parameters:
    ///   - end: Later than `start`.
    ///   - step: At least a second.
    ///   - ledgerStart: At least a second after `start`, and not after `end`.
    package init(start: Int64, end: Int64, step: Int64, ledgerStart: Int64? = nil) {
        self.start = start
        self.end = max(end, start)
        self.step = max(step, 1_000)
        self.ledgerStart = ledgerStart.flatMap { $0 - start >= 1_000 && $0 <= end ? $0 : nil }
    }

    /// A part in which counts only grow.
    struct Part: Sendable, Equatable {
        let start: Int64
        let end: Int64
        /// When everything in it is told: its end, or just before when the next part begins there.
        let last: Int64
        /// Samples are whole steps away from here.
        let origin: Int64
        let step: Int64
    }

    /// One, or two that a ledger's start divides.
    var parts: [Part] {
        guard let ledgerStart else { return [part(from: start, to: end, last: end)] }
        return [
            part(from: start, to: ledgerStart, last: ledgerStart - 1), part(from: ledgerStart, to: end, last: end),
        ]
    }

    private func part(from start: Int64, to end: Int64, last: Int64) -> Part {
        Part(start: start, end: end, last: last, origin: self.start, step: step)
    }

    func contains(_ milliseconds: Int64) -> Bool { start <= milliseconds && milliseconds < end }
}

extension BackfillRange.Part {
    func contains(_ milliseconds: Int64) -> Bool { start <= milliseconds && milliseconds < end }

    /// The latest time of a sample that shows nothing yet of a record: the first breach of a series counts for
    /// `increase()` only after a 0.
    func zero(before record: Int64) -> Int64 {
        let grid = origin + (record - origin) / step * step
        return max(start, grid < last ? grid : grid - step)
    }

    /// The sample after one that is not the last.
    func next(after time: Int64) -> Int64 {
        min(origin + ((time - origin) / step + 1) * step, last)
    }
}
