import Darktrace
import Testing

@testable import Collector

@Suite struct QueryWindowTests {
    private static let second: Int64 = 1_000_000_000

    // MARK: The appliance's clock

    @Test func `before the first answer the appliance's clock is ours, then its own plus monotonic time`() {
        var clock = ApplianceClock()
        #expect(clock.now(monotonic: 5, wall: 1_000) == 1_000)
        #expect(clock.observe(500_000, monotonic: 10 * Self.second, wall: 500_400) == nil)
        #expect(clock.now(monotonic: 13 * Self.second, wall: 99) == 503_000)
    }

    @Test(arguments: [
        (Int64(0), false), (4_000, false), (5_000, false), (5_001, true), (-5_000, false), (-5_001, true),
        (3_600_000, true), (-3_600_000, true),
    ])
    func `more than five seconds off is a step`(difference: Int64, isStep: Bool) {
        var clock = ApplianceClock()
        _ = clock.observe(1_000_000, monotonic: 0, wall: 1_000_000)
        let step = clock.observe(1_060_000 + difference, monotonic: 60 * Self.second, wall: 0)
        #expect(step == (isStep ? difference : nil))
        #expect(clock.now(monotonic: 61 * Self.second, wall: 0) == 1_061_000 + difference)
    }

    @Test func `an answer without a date changes nothing`() {
        var clock = ApplianceClock()
        #expect(clock.observe(nil, monotonic: 0, wall: 7) == nil)
        #expect(clock.now(monotonic: 0, wall: 8) == 8)
    }

    // MARK: The cursor

    @Test(arguments: [
        // cursor, slice, now, date, cursor after it
        (Int64(100), QueryWindow(start: 50, end: 160), Int64(160), Int64?(160), Int64(160)),
        (100, QueryWindow(start: 50, end: 160), 160, 158, 158),  // its clock was behind what was expected
        (100, QueryWindow(start: 50, end: 160), 160, 500, 160),  // never beyond what was asked for
        (100, QueryWindow(start: 50, end: 160), 160, nil, 160),
        (1_000, QueryWindow(start: 50, end: 160), 160, 160, 160),  // the clock went back, and the cursor with it
        (100, QueryWindow(start: 50, end: 80), 160, 160, 100),  // a slice of the overlap takes nothing back
        (100, QueryWindow(start: 100, end: 130), 160, 160, 130),
    ])
    func `the cursor follows the slices, and the clock when it goes back`(
        cursor: Int64, slice: QueryWindow, now: Int64, date: Int64?, expected: Int64
    ) {
        #expect(CatchUp.cursor(after: cursor, slice: slice, now: now, date: date) == expected)
    }

    // MARK: The way

    @Test func `in peace every tick asks from the overlap before the last end`() {
        var sweep = CatchUp(cursor: 1_000_000, end: 1_060_000, overlap: 900_000)
        for end in stride(from: Int64(1_060_000), through: 3_000_000, by: 60_000) {
            sweep.beginPoll(end: end, overlap: 900_000)
            let slice = sweep.slice(to: end)
            #expect(slice.end == end)
            #expect(slice.start == max(100_000, end - 60_000 - 900_000))
            sweep.commit(slice, now: end, overlap: 900_000)
            #expect(sweep.isFinished)
        }
    }

    @Test func `catching up is contiguous, and the overlap is asked for once`() {
        let day: Int64 = 86_400_000
        let now = 40 * day
        var sweep = CatchUp(cursor: 10 * day, end: now, overlap: 900_000)
        var slices: [QueryWindow] = []
        sweep.beginPoll(end: now, overlap: 900_000)
        while !sweep.isFinished {
            slices.append(sweep.slice(to: now))
            sweep.commit(slices[slices.count - 1], now: now, overlap: 900_000)
        }
        #expect(slices.first?.start == 10 * day - 900_000)
        #expect(slices.last?.end == now)
        for (one, next) in zip(slices, slices.dropFirst()) { #expect(one.end == next.start) }
        #expect(slices.count <= 6)
        #expect(sweep.watermark == now - 900_000)
    }

    @Test func `whatever is narrowed, everything is asked for when it is older than the overlap`() {
        var generator = SplitMix64(seed: 7)
        let overlap: Int64 = 600_000
        for _ in 0..<200 {
            var now: Int64 = 100_000_000
            let start = now - Int64.random(in: 0...200_000_000, using: &generator)
            var sweep = CatchUp(cursor: start, end: now, overlap: overlap)
            var covered = start - overlap
            for _ in 0..<60 {
                now += Int64.random(in: 1_000...120_000, using: &generator)
                sweep.beginPoll(end: now, overlap: overlap)
                let slice = sweep.slice(to: now)
                if Bool.random(using: &generator) {
                    _ = sweep.windowSize.shrink(
                        slice.span, because: Bool.random(using: &generator) ? .tooLarge : .timeout)
                    continue
                }
                // What is settled must have been covered without a gap by answers that old.
                if slice.start <= covered { covered = max(covered, min(slice.end, now - overlap)) }
                sweep.commit(slice, now: now, overlap: overlap)
                #expect(sweep.watermark <= covered)
            }
        }
    }

    @Test func `a clock that went back is followed`() {
        var sweep = CatchUp(cursor: 7_200_000, end: 3_600_000, overlap: 900_000)
        sweep.beginPoll(end: 3_600_000, overlap: 900_000)
        #expect(sweep.slice(to: 3_600_000) == QueryWindow(start: 2_700_000, end: 3_600_000))
    }

    @Test func `a window is never empty`() {
        var sweep = CatchUp(cursor: 5_000, end: 5_000, overlap: 0)
        sweep.beginPoll(end: 5_000, overlap: 0)
        #expect(sweep.slice(to: 5_000) == QueryWindow(start: 4_000, end: 5_000))
    }

    // MARK: Slices

    @Test func `slices halve down to a second for size and to a minute for slowness`() {
        for (reason, floor) in [(APIError.Reason.tooLarge, Int64(1_000)), (.timeout, 60_000)] {
            var slices = AdaptiveWindow()
            var span = slices.width
            var count = 0
            while slices.shrink(span, because: reason) {
                #expect(slices.width < span)
                span = slices.width
                count += 1
            }
            #expect(slices.width == floor)
            #expect(count <= 18)
        }
    }

    @Test func `success grows them again, at first only up to what failed`() {
        var slices = AdaptiveWindow()
        _ = slices.shrink(80_000_000, because: .tooLarge)
        #expect(slices.width == 40_000_000)
        for _ in 0..<7 {
            slices.grow(after: slices.width)
            #expect(slices.width == 60_000_000)
        }
        slices.grow(after: slices.width)
        #expect(slices.width == 120_000_000)
        for _ in 0..<100 { slices.grow(after: slices.width) }
        #expect(slices.width == 32 * 86_400_000)
    }

    @Test func `a slice that ended early says nothing about width`() {
        var slices = AdaptiveWindow()
        slices.grow(after: 1_000)
        #expect(slices.width == 86_400_000)
    }
}
