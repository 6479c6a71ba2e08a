import Testing

@testable import Collector

@Suite struct AgendaTests {
    @Test func `every feed is due at once, the first one first`() {
        let agenda = Agenda(intervals: [60, 10], phase: 0.5, now: 7)
        #expect(agenda.next == (0, 7))
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
        let agenda = Agenda(intervals: [60], phase: phase, now: 0)
        #expect(agenda.tick(of: 0, after: after, start: start) == tick)
    }

    @Test func `a tick is always later, aligned and within one and a half intervals`() {
        var generator = SplitMix(seed: 1)
        for _ in 0..<2_000 {
            let interval = Int64.random(in: 1...1_000, using: &generator)
            let phase = Double.random(in: 0..<1, using: &generator)
            let start = Int64.random(in: 0...100_000, using: &generator)
            let after = start + Int64.random(in: 0...5_000, using: &generator)
            let tick = Agenda(intervals: [interval], phase: phase, now: 0).tick(of: 0, after: after, start: start)
            #expect(tick > after)
            #expect(tick >= start + interval / 2)
            #expect((tick - Int64(Double(interval) * phase)) % interval == 0)
            #expect(tick <= max(after, start + interval / 2) + interval)
        }
    }

    @Test func `the feed that is scheduled earliest is next`() {
        var agenda = Agenda(intervals: [60, 60, 60], phase: 0, now: 0)
        agenda.schedule(0, at: 30)
        agenda.schedule(1, at: 10)
        agenda.schedule(2, at: 20)
        #expect(agenda.next == (1, 10))
    }
}
