import Testing

@testable import Collector

@Suite struct RecheckTests {
    private func hours(_ count: Int64) -> ApplianceTime { .at(count * 3_600_000) }

    private func makeRecheck(watermark: ApplianceTime? = nil, due: MonotonicInstant = .zero) -> Recheck {
        Recheck(watermark: watermark ?? hours(100), window: .hour * 24, interval: .hour, due: due)
    }

    @Test func `nothing is requested before it is due`() {
        var recheck = makeRecheck(due: .at(10))
        #expect(recheck.next(now: hours(124), monotonic: .at(9), oldest: .epoch) == nil)
        #expect(recheck.next(now: hours(124), monotonic: .at(10), oldest: .epoch) != nil)
    }

    @Test func `all that may still change is requested twice, by creation and by activity`() throws {
        var recheck = makeRecheck()
        let now = hours(125)
        var requested: [Bool: [QueryWindow]] = [:]
        while let next = recheck.next(now: now, monotonic: .zero, oldest: .epoch) {
            requested[next.byCreation, default: []].append(next.window)
            let watermark = recheck.watermark(after: next.window)
            recheck.commit(next.window, at: .zero)
            #expect(watermark == nil || watermark == recheck.watermark)
        }
        for windows in [requested[true], requested[false]] {
            let windows = try #require(windows)
            #expect(windows.first?.start == hours(98))
            #expect(windows.last?.end == now)
            for (one, next) in zip(windows, windows.dropFirst()) { #expect(one.end == next.start) }
        }
        #expect(recheck.watermark == now - .hour * 24)
        #expect(recheck.due == .zero + .hour)
    }

    @Test func `a record listed just within the window is requested whatever the times of the rechecks`() {
        var generator = SplitMix64(seed: 8)
        for _ in 0..<200 {
            var now = hours(1_000)
            var recheck = makeRecheck(watermark: now - .hour * 24)
            let created = now + .milliseconds(Int64.random(in: 0...108_000_000, using: &generator))
            let listed = created + .milliseconds(Int64.random(in: 0...86_400_000, using: &generator))
            var isFound = false
            while now < created + .hour * 100 {
                now = now + .milliseconds(Int64.random(in: 3_600_000...36_000_000, using: &generator))
                let monotonic = MonotonicInstant.at(now.milliseconds / 1_000)
                while let next = recheck.next(now: now, monotonic: monotonic, oldest: .epoch) {
                    if now >= listed, next.window.start <= created, created < next.window.end { isFound = true }
                    recheck.commit(next.window, at: monotonic)
                }
            }
            #expect(isFound)
        }
    }

    @Test func `a clock that goes back, and a restarted scan, request more, never less`() throws {
        var recheck = makeRecheck()
        recheck.restart()
        let next = recheck.next(now: hours(110), monotonic: .zero, oldest: .epoch)
        #expect(try #require(next).window.start == hours(84))
    }

    @Test func `what cannot count is not requested`() throws {
        var recheck = makeRecheck()
        let next = recheck.next(now: hours(124), monotonic: .zero, oldest: hours(120))
        #expect(try #require(next).window == QueryWindow(start: hours(120), end: hours(124)))
    }

    @Test func `after a failure the polls continue without it for a quarter of its interval`() {
        var recheck = makeRecheck()
        recheck.postpone(at: .at(8))
        #expect(recheck.due == .at(8 + 900))
    }
}
