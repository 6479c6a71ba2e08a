import Testing

@testable import Collector

@Suite struct PollScheduleTests {
    private static func feed(_ seconds: Int64, _ priority: FeedPriority = .secondary) -> (Duration, FeedPriority) {
        (.seconds(seconds), priority)
    }

    @Test func `every feed is due at the start, the primary one first`() throws {
        let schedule = PollSchedule([Self.feed(60, .primary), Self.feed(10)], phase: 0.5, start: .at(7))
        #expect(try #require(schedule.next(at: .at(7))) == (0, .at(7)))
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
        let schedule = PollSchedule([Self.feed(60, .primary)], phase: phase, start: .zero)
        #expect(schedule.tick(of: 0, after: .at(after), start: .at(start)) == .at(tick))
    }

    @Test func `a tick is always later, aligned and within one and a half intervals`() throws {
        var generator = SplitMix64(seed: 1)
        for _ in 0..<2_000 {
            let interval = Duration.seconds(Int64.random(in: 1...1_000, using: &generator))
            let phase = Double.random(in: 0..<1, using: &generator)
            let start = MonotonicInstant.at(Int64.random(in: 0...100_000, using: &generator))
            let after = start + .seconds(Int64.random(in: 0...5_000, using: &generator))
            let tick = PollSchedule([(interval, .primary)], phase: phase, start: .zero).tick(
                of: 0, after: after, start: start)
            #expect(tick > after)
            #expect(tick >= start + interval / 2)
            let offset = Int64(Double(interval.nanoseconds) * phase)
            #expect((tick.nanoseconds - offset) % interval.nanoseconds == 0)
            #expect(tick <= max(after, start + interval / 2) + interval)
        }
    }

    @Test func `the feed that is scheduled earliest is next`() throws {
        var schedule = PollSchedule([Self.feed(60, .primary), Self.feed(60), Self.feed(60)], phase: 0, start: .zero)
        schedule.schedule(0, at: .at(30))
        schedule.schedule(1, at: .at(10))
        schedule.schedule(2, at: .at(20))
        #expect(try #require(schedule.next(at: .zero)) == (1, .at(10)))
    }

    @Test func `of feeds that are due the primary one goes first, unless another has been deferred for a minute`()
        throws
    {
        var schedule = PollSchedule([Self.feed(60, .primary), Self.feed(60)], phase: 0, start: .zero)
        schedule.schedule(0, at: .at(50))
        #expect(try #require(schedule.next(at: .zero)) == (1, .zero))
        schedule.deferForBudget(1, until: .at(55))
        #expect(try #require(schedule.next(at: .zero)) == (0, .at(50)))
        #expect(try #require(schedule.next(at: .at(56))) == (0, .at(50)))
        #expect(try #require(schedule.next(at: .at(60))) == (1, .at(55)))
        #expect(schedule.scheduled(1) == .zero)
    }

    @Test func `after a feed that was deferred for a minute the primary one has its turn`() throws {
        var schedule = PollSchedule([Self.feed(60, .primary), Self.feed(60), Self.feed(60)], phase: 0, start: .zero)
        schedule.recordPoll(of: 0)
        #expect(try #require(schedule.next(at: .at(60))) == (1, .zero))
        schedule.recordPoll(of: 1)
        schedule.schedule(1, at: .at(120))
        #expect(try #require(schedule.next(at: .at(61))) == (0, .zero))
        schedule.recordPoll(of: 0)
        schedule.schedule(0, at: .at(120))
        #expect(try #require(schedule.next(at: .at(62))) == (2, .zero))
    }

    @Test func `a feed that waits for its permit does not keep the primary one from its turn`() throws {
        var schedule = PollSchedule([Self.feed(60, .primary), Self.feed(60)], phase: 0, start: .zero)
        schedule.deferForBudget(1, until: .at(120))
        schedule.schedule(0, at: .at(60))
        #expect(schedule.isStarved(1, at: .at(60)))
        #expect(try #require(schedule.next(at: .at(60))) == (0, .at(60)))
        #expect(schedule.nextOfHigherPriority(than: 1) == .at(60))
        #expect(schedule.nextOfHigherPriority(than: 0) == nil)
    }

    @Test func `postponing a feed restarts its starvation limit, and never makes it due earlier`() throws {
        var schedule = PollSchedule([Self.feed(60, .primary), Self.feed(60)], phase: 0, start: .zero)
        schedule.schedule(0, at: .at(600))
        schedule.postpone(1, to: .at(590))
        schedule.postpone(1, to: .at(100))
        #expect(try #require(schedule.next(at: .at(500))) == (1, .at(590)))
        #expect(!schedule.isStarved(1, at: .at(600)))
        #expect(try #require(schedule.next(at: .at(600))) == (0, .at(600)))
    }

    @Test func `the order of the feeds does not matter, of equals the one that is due for longest goes first`() throws {
        var schedule = PollSchedule([Self.feed(60), Self.feed(60), Self.feed(60, .primary)], phase: 0, start: .at(5))
        #expect(try #require(schedule.next(at: .at(5))) == (2, .at(5)))
        schedule.schedule(2, at: .at(100))
        schedule.schedule(0, at: .at(7))
        #expect(try #require(schedule.next(at: .at(8))) == (1, .at(5)))
        #expect(PollSchedule([], phase: 0, start: .zero).next(at: .zero) == nil)
    }
}
