import Darktrace
import Testing

@testable import Collector

@Suite struct QueryWindowTests {
    // MARK: The appliance's clock

    @Test func `before the first answer the appliance's clock is ours, then its own plus monotonic time`() {
        var clock = ApplianceClock()
        #expect(clock.now(at: .at(5), exporter: .at(1_000)) == .at(1_000))
        #expect(clock.observe(.at(500_000), at: .at(10), exporter: .at(500_400)) == nil)
        #expect(clock.now(at: .at(13), exporter: .at(99)) == .at(503_000))
    }

    @Test(arguments: [
        (Int64(0), false), (4_000, false), (5_000, false), (5_001, true), (-5_000, false), (-5_001, true),
        (3_600_000, true), (-3_600_000, true),
    ])
    func `more than five seconds off is a step`(difference: Int64, isStep: Bool) {
        var clock = ApplianceClock()
        _ = clock.observe(.at(1_000_000), at: .zero, exporter: .at(1_000_000))
        let step = clock.observe(.at(1_060_000 + difference), at: .at(60), exporter: .at(0))
        #expect(step == (isStep ? .milliseconds(difference) : nil))
        #expect(clock.now(at: .at(61), exporter: .at(0)) == .at(1_061_000 + difference))
    }

    // MARK: The cursor

    @Test(arguments: [
        // cursor, window, now, date, cursor after it
        (Int64(100), QueryWindow(50, 160), Int64(160), Int64?(160), Int64(160)),
        (100, QueryWindow(50, 160), 160, 158, 158),  // the clock was behind what was expected
        (100, QueryWindow(50, 160), 160, 500, 160),  // never beyond what was requested
        (100, QueryWindow(50, 160), 160, nil, 160),
        (1_000, QueryWindow(50, 160), 160, 160, 160),  // the clock went back, and the cursor with it
        (100, QueryWindow(50, 80), 160, 160, 100),  // a window of the overlap does not move it back
        (100, QueryWindow(100, 130), 160, 160, 130),
    ])
    func `the cursor follows the windows, and the clock when it goes back`(
        cursor: Int64, window: QueryWindow, now: Int64, date: Int64?, expected: Int64
    ) {
        #expect(
            CatchUp.cursor(after: .at(cursor), window: window, now: .at(now), date: date.map { .at($0) })
                == .at(expected))
    }

    // MARK: Catch-up

    private static let overlap = Duration.seconds(900)

    @Test func `without faults every poll requests from the overlap before the last end`() {
        var catchUp = CatchUp(cursor: .at(1_000_000), end: .at(1_060_000), overlap: Self.overlap)
        for end in stride(from: Int64(1_060_000), through: 3_000_000, by: 60_000) {
            catchUp.beginPoll(end: .at(end), overlap: Self.overlap)
            let window = catchUp.window(to: .at(end), width: .day)
            #expect(window == QueryWindow(max(100_000, end - 60_000 - 900_000), end))
            if let window { catchUp.commit(window, now: .at(end), overlap: Self.overlap) }
            #expect(catchUp.isFinished)
            #expect(catchUp.window(to: .at(end), width: .day) == nil)
        }
    }

    @Test func `catching up is contiguous, and the overlap is requested once`() {
        let day: Int64 = 86_400_000
        let now = ApplianceTime.at(40 * day)
        var catchUp = CatchUp(cursor: .at(10 * day), end: now, overlap: Self.overlap)
        var size = AdaptiveWindow()
        var windows: [QueryWindow] = []
        catchUp.beginPoll(end: now, overlap: Self.overlap)
        while let window = catchUp.window(to: now, width: size.width) {
            windows.append(window)
            catchUp.commit(window, now: now, overlap: Self.overlap)
            size.grow(after: window.span)
        }
        #expect(windows.first?.start == .at(10 * day - 900_000))
        #expect(windows.last?.end == now)
        for (one, next) in zip(windows, windows.dropFirst()) { #expect(one.end == next.start) }
        #expect(windows.count <= 6)
        #expect(catchUp.watermark == now - Self.overlap)
    }

    @Test func `however windows shrink, everything is requested when it is older than the overlap`() throws {
        var generator = SplitMix64(seed: 7)
        let overlap = Duration.seconds(600)
        for _ in 0..<200 {
            var now = ApplianceTime.at(100_000_000)
            let start = now - .milliseconds(Int64.random(in: 0...200_000_000, using: &generator))
            var catchUp = CatchUp(cursor: start, end: now, overlap: overlap)
            var size = AdaptiveWindow()
            var covered = start - overlap
            for _ in 0..<60 {
                now = now + .milliseconds(Int64.random(in: 1_000...120_000, using: &generator))
                catchUp.beginPoll(end: now, overlap: overlap)
                let window = try #require(catchUp.window(to: now, width: size.width))
                if Bool.random(using: &generator) {
                    _ = size.shrink(window.span, because: Bool.random(using: &generator) ? .tooLarge : .timeout)
                    continue
                }
                // Responses that old must have covered everything up to the watermark without a gap.
                if window.start <= covered { covered = max(covered, min(window.end, now - overlap)) }
                catchUp.commit(window, now: now, overlap: overlap)
                size.grow(after: window.span)
                #expect(catchUp.watermark <= covered)
            }
        }
    }

    @Test func `a clock that went back is followed`() {
        var catchUp = CatchUp(cursor: .at(7_200_000), end: .at(3_600_000), overlap: Self.overlap)
        catchUp.beginPoll(end: .at(3_600_000), overlap: Self.overlap)
        #expect(catchUp.window(to: .at(3_600_000), width: .day) == QueryWindow(2_700_000, 3_600_000))
    }

    @Test func `a window is never empty`() {
        var catchUp = CatchUp(cursor: .at(5_000), end: .at(5_000), overlap: .zero)
        catchUp.beginPoll(end: .at(5_000), overlap: .zero)
        #expect(catchUp.window(to: .at(5_000), width: .day) == QueryWindow(4_000, 5_000))
    }

    // MARK: The adaptive window

    @Test func `windows halve down to a second for size and to a minute for slowness`() {
        for (reason, floor) in [(APIError.Reason.tooLarge, Duration.seconds(1)), (.timeout, .seconds(60))] {
            var size = AdaptiveWindow()
            var span = size.width
            var count = 0
            while size.shrink(span, because: reason) {
                #expect(size.width < span)
                span = size.width
                count += 1
            }
            #expect(size.width == floor)
            #expect(count <= 18)
        }
    }

    @Test func `success grows them again, at first only up to what failed`() {
        var size = AdaptiveWindow()
        _ = size.shrink(.seconds(80_000), because: .tooLarge)
        #expect(size.width == .seconds(40_000))
        for _ in 0..<7 {
            size.grow(after: size.width)
            #expect(size.width == .seconds(60_000))
        }
        size.grow(after: size.width)
        #expect(size.width == .seconds(120_000))
        for _ in 0..<100 { size.grow(after: size.width) }
        #expect(size.width == .day * 32)
    }

    @Test func `a window that ended early proves nothing about the width`() {
        var size = AdaptiveWindow()
        size.grow(after: .seconds(1))
        #expect(size.width == .day)
    }
}
