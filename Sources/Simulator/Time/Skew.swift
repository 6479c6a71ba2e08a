/// How far an appliance's clock is from the world's, ever since the epoch: a step function of world time.
///
/// A record keeps the creation time that the clock showed when it was made, so a step changes no record of before.
struct Skew: Sendable, Equatable {
    private struct Step: Sendable, Equatable {
        var since: Int64
        var offset: Int64
    }
    private var steps: [Step]

    /// A clock that always was `offset` milliseconds ahead.
    init(offset: Int64) { steps = [Step(since: .min, offset: offset)] }

    /// Milliseconds that the clock was ahead at a world time.
    func offset(at world: Int64) -> Int64 {
        steps.last { $0.since <= world }?.offset ?? 0
    }

    /// The same clock, `offset` milliseconds ahead of the world since then.
    mutating func set(offset: Int64, since world: Int64) {
        steps.append(Step(since: world, offset: offset))
    }

    /// The widest span of world time in which the clock can have shown anything of this range.
    func world(showing range: ClosedRange<Int64>) -> ClosedRange<Int64> {
        let offsets = steps.map(\.offset)
        let least = offsets.min() ?? 0
        let most = offsets.max() ?? 0
        let lower = range.lowerBound.subtractingReportingOverflow(most)
        let upper = range.upperBound.subtractingReportingOverflow(least)
        return
            (lower.overflow ? .min : lower.partialValue)...(upper.overflow
            ? .max : max(lower.partialValue, upper.partialValue))
    }
}
