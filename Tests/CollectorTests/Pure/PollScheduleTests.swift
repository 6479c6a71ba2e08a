import Testing

@testable import Collector

@Suite struct PollScheduleTests {
    @Test func `every feed is due at the start, the primary one first`() throws {
        let schedule = PollSchedule([(60, .primary), (10, .secondary)], phase: 0.5, start: 7)
        #expect(try #require(schedule.next(at: 7)) == (0, 7))
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
        let schedule = PollSchedule([(60, .primary)], phase: phase, start: 0)
        #expect(schedule.tick(of: 0, after: after, start: start) == tick)
    }

    @Test func `a tick is always later, aligned and within one and a half intervals`() throws {
        var generator = SplitMix64(seed: 1)
        for _ in 0..<2_000 {
            let interval = Int64.random(in: 1...1_000, using: &generator)
            let phase = Double.random(in: 0..<1, using: &generator)
            let start = Int64.random(in: 0...100_000, using: &generator)
            let after = start + Int64.random(in: 0...5_000, using: &generator)
            let tick = PollSchedule([(interval, .primary)], phase: phase, start: 0).tick(
                of: 0, after: after, start: start)
            #expect(tick > after)
            #expect(tick >= start + interval / 2)
            #expect((tick - Int64(Double(interval) * phase)) % interval == 0)
            #expect(tick <= max(after, start + interval / 2) + interval)
        }
    }

    @Test func `the feed that is scheduled earliest is next`() throws {
        var schedule = PollSchedule([(60, .primary), (60, .secondary), (60, .secondary)], phase: 0, start: 0)
        schedule.schedule(0, at: 30)
        schedule.schedule(1, at: 10)
        schedule.schedule(2, at: 20)
        #expect(try #require(schedule.next(at: 0)) == (1, 10))
    }

    private static let second: Int64 = 1_000_000_000

    @Test func `of feeds that are due the primary one goes first, unless another has been deferred for a minute`()
        throws
    {
        var schedule = PollSchedule(
            [(60 * Self.second, .primary), (60 * Self.second, .secondary)], phase: 0, start: 0)
        schedule.schedule(0, at: 50 * Self.second)
        #expect(try #require(schedule.next(at: 0)) == (1, 0))
        schedule.deferForBudget(1, until: 55 * Self.second, now: 0)
        #expect(try #require(schedule.next(at: 0)) == (0, 50 * Self.second))
        #expect(try #require(schedule.next(at: 56 * Self.second)) == (0, 50 * Self.second))
        // It is due at its starvation limit, however late the next permit is.
        schedule.deferForBudget(1, until: 100 * Self.second, now: 56 * Self.second)
        schedule.schedule(0, at: 60 * Self.second)
        #expect(try #require(schedule.next(at: 60 * Self.second)) == (1, 60 * Self.second))
        // From then on it goes first, even if its permit comes later.
        schedule.deferForBudget(1, until: 70 * Self.second, now: 60 * Self.second)
        #expect(try #require(schedule.next(at: 65 * Self.second)) == (1, 70 * Self.second))
        schedule.schedule(1, at: 120 * Self.second)
        #expect(try #require(schedule.next(at: 65 * Self.second)) == (0, 60 * Self.second))
    }

    @Test func `postponing a feed restarts its starvation limit, and never makes it due earlier`() throws {
        var schedule = PollSchedule(
            [(60 * Self.second, .primary), (60 * Self.second, .secondary)], phase: 0, start: 0)
        schedule.schedule(0, at: 600 * Self.second)
        schedule.postpone(1, to: 590 * Self.second)
        schedule.postpone(1, to: 100 * Self.second)
        #expect(try #require(schedule.next(at: 500 * Self.second)) == (1, 590 * Self.second))
        #expect(!schedule.isStarved(1, at: 600 * Self.second))
        #expect(try #require(schedule.next(at: 600 * Self.second)) == (0, 600 * Self.second))
    }

    @Test func `the order of the feeds does not matter, of equals the one that is due for longest goes first`() throws {
        var schedule = PollSchedule([(60, .secondary), (60, .secondary), (60, .primary)], phase: 0, start: 5)
        #expect(try #require(schedule.next(at: 5)) == (2, 5))
        schedule.schedule(2, at: 100)
        schedule.schedule(0, at: 7)
        #expect(try #require(schedule.next(at: 8)) == (1, 5))
        #expect(PollSchedule([], phase: 0, start: 0).next(at: 0) == nil)
    }
}
