import Testing

@testable import Collector

@Suite struct PollScheduleTests {
    @Test func `every feed is due at once, the first one first`() {
        let agenda = PollSchedule(intervals: [60, 10], phase: 0.5, now: 7)
        #expect(agenda.next(at: 7) == (0, 7))
    }

    @Test(arguments: [
        // phase, after, start, tick
        (0.0, Int64(100), Int64(100), Int64(180)),  // 120 would be too soon after the start
        (0.0, 179, 100, 180),
        (0.0, 80, 80, 120),
        (0.5, 100, 100, 150),
        (0.5, 149, 100, 150),
        (0.5, 150, 100, 210),  // later, never equal
        (0.25, 1_000, 100, 1_035),  // what was missed is not caught up with
    ])
    func `ticks are aligned, never bunched`(phase: Double, after: Int64, start: Int64, tick: Int64) {
        let agenda = PollSchedule(intervals: [60], phase: phase, now: 0)
        #expect(agenda.tick(of: 0, after: after, start: start) == tick)
    }

    @Test func `a tick is always later, aligned and within one and a half intervals`() {
        var generator = SplitMix64(seed: 1)
        for _ in 0..<2_000 {
            let interval = Int64.random(in: 1...1_000, using: &generator)
            let phase = Double.random(in: 0..<1, using: &generator)
            let start = Int64.random(in: 0...100_000, using: &generator)
            let after = start + Int64.random(in: 0...5_000, using: &generator)
            let tick = PollSchedule(intervals: [interval], phase: phase, now: 0).tick(of: 0, after: after, start: start)
            #expect(tick > after)
            #expect(tick >= start + interval / 2)
            #expect((tick - Int64(Double(interval) * phase)) % interval == 0)
            #expect(tick <= max(after, start + interval / 2) + interval)
        }
    }

    @Test func `the feed that is scheduled earliest is next`() {
        var agenda = PollSchedule(intervals: [60, 60, 60], phase: 0, now: 0)
        agenda.schedule(0, at: 30)
        agenda.schedule(1, at: 10)
        agenda.schedule(2, at: 20)
        #expect(agenda.next(at: 0) == (1, 10))
    }

    private static let second: Int64 = 1_000_000_000

    @Test func `of feeds that are due the first one goes first, but for one that was put off for a minute`() {
        var agenda = PollSchedule(intervals: [60 * Self.second, 60 * Self.second], phase: 0, now: 0)
        agenda.schedule(0, at: 50 * Self.second)
        #expect(agenda.next(at: 0) == (1, 0))
        agenda.deferForBudget(1, until: 55 * Self.second, now: 0)
        #expect(agenda.next(at: 0) == (0, 50 * Self.second))
        #expect(agenda.next(at: 56 * Self.second) == (0, 50 * Self.second))
        // It is looked at again when its patience ends, however far away there is room for it.
        agenda.deferForBudget(1, until: 100 * Self.second, now: 56 * Self.second)
        agenda.schedule(0, at: 60 * Self.second)
        #expect(agenda.next(at: 60 * Self.second) == (1, 60 * Self.second))
        // From then on it goes first, also if its room comes later.
        agenda.deferForBudget(1, until: 70 * Self.second, now: 60 * Self.second)
        #expect(agenda.next(at: 65 * Self.second) == (1, 70 * Self.second))
        agenda.schedule(1, at: 120 * Self.second)
        #expect(agenda.next(at: 65 * Self.second) == (0, 60 * Self.second))
    }

    @Test func `a feed that is postponed begins its patience then, and never becomes due earlier`() {
        var agenda = PollSchedule(intervals: [60 * Self.second, 60 * Self.second], phase: 0, now: 0)
        agenda.schedule(0, at: 600 * Self.second)
        agenda.postpone(1, to: 590 * Self.second)
        agenda.postpone(1, to: 100 * Self.second)
        #expect(agenda.next(at: 500 * Self.second) == (1, 590 * Self.second))
        #expect(!agenda.isStarved(1, at: 600 * Self.second))
        #expect(agenda.next(at: 600 * Self.second) == (0, 600 * Self.second))
    }
}
