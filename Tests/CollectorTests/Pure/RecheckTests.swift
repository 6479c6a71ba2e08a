import Testing

@testable import Collector

@Suite struct RecheckTests {
    private static let hour: Int64 = 3_600_000

    private func makeRecheck(settled: Int64 = 100 * hour, due: Int64 = 0) -> Recheck {
        Recheck(settled: settled, window: 24 * Self.hour, interval: Self.hour, due: due)
    }

    @Test func `nothing is asked for before it is due`() {
        var recheck = makeRecheck(due: 10)
        #expect(recheck.next(now: 124 * Self.hour, monotonic: 9, oldest: 0) == nil)
        #expect(recheck.next(now: 124 * Self.hour, monotonic: 10, oldest: 0) != nil)
    }

    @Test func `all that may still change is asked for twice, with and without creation`() throws {
        var recheck = makeRecheck()
        let now = 125 * Self.hour
        var asked: [Bool: [QueryWindow]] = [:]
        while let next = recheck.next(now: now, monotonic: 0, oldest: 0) {
            asked[next.byCreation, default: []].append(next.window)
            let settled = recheck.watermark(after: next.window)
            recheck.commit(next.window, monotonic: 0)
            #expect(settled == nil || settled == recheck.watermark)
        }
        for windows in [asked[true], asked[false]] {
            let windows = try #require(windows)
            #expect(windows.first?.start == 98 * Self.hour)
            #expect(windows.last?.end == now)
            for (one, next) in zip(windows, windows.dropFirst()) { #expect(one.end == next.start) }
        }
        #expect(recheck.watermark == now - 24 * Self.hour)
        #expect(recheck.due == Self.hour * 1_000_000)
    }

    @Test func `a record listed just within the window is asked for whatever the times of the rechecks`() {
        var generator = SplitMix64(seed: 8)
        for _ in 0..<200 {
            var now: Int64 = 1_000 * Self.hour
            var recheck = makeRecheck(settled: now - 24 * Self.hour)
            let created = now + Int64.random(in: 0...(30 * Self.hour), using: &generator)
            let listed = created + Int64.random(in: 0...(24 * Self.hour), using: &generator)
            var isFound = false
            while now < created + 100 * Self.hour {
                now += Int64.random(in: Self.hour...(10 * Self.hour), using: &generator)
                while let next = recheck.next(now: now, monotonic: now * 1_000_000, oldest: 0) {
                    if now >= listed, next.window.start <= created, created < next.window.end { isFound = true }
                    recheck.commit(next.window, monotonic: now * 1_000_000)
                }
            }
            #expect(isFound)
        }
    }

    @Test func `a clock that goes back, and a restart of the course, ask for more, never for less`() throws {
        var recheck = makeRecheck(settled: 100 * Self.hour)
        recheck.restart()
        let asked = recheck.next(now: 110 * Self.hour, monotonic: 0, oldest: 0)
        let next = try #require(asked)
        #expect(next.window.start == 84 * Self.hour)
    }

    @Test func `what cannot count is not asked for`() throws {
        var recheck = makeRecheck(settled: 100 * Self.hour)
        let asked = recheck.next(now: 124 * Self.hour, monotonic: 0, oldest: 120 * Self.hour)
        let next = try #require(asked)
        #expect(next.window == QueryWindow(start: 120 * Self.hour, end: 124 * Self.hour))
    }

    @Test func `after a failure the polls go on without it for a quarter of its interval`() {
        var recheck = makeRecheck()
        recheck.postpone(monotonic: 8)
        #expect(recheck.due == 8 + Self.hour * 1_000_000 / 4)
    }
}
