import Testing

@testable import Collector

@Suite struct RateLimiterTests {
    private static let second: Int64 = 1_000_000_000

    @Test func `within any minute there are never more requests than allowed, and waiting is never longer than it`() {
        var generator = SplitMix64(seed: 2)
        for limit in [1, 2, 5, 10] {
            var budget = RateLimiter(requestsPerMinute: limit)
            var now: Int64 = 0
            var sent: [Int64] = []
            for _ in 0..<300 {
                now += Int64.random(in: 0...(5 * Self.second), using: &generator)
                let earliest = budget.nextPermit(now: now)
                #expect(earliest >= now && earliest <= now + 60 * Self.second)
                now = earliest
                budget.recordRequest(at: now)
                sent.append(now)
            }
            for (index, instant) in sent.enumerated().dropFirst(limit) {
                #expect(instant - sent[index - limit] >= 60 * Self.second)
            }
        }
    }

    @Test(arguments: [(1, 0), (2, 1), (3, 1), (4, 2), (10, 2)])
    func `catching up leaves something to the ticks`(limit: Int, reserve: Int) {
        var budget = RateLimiter(requestsPerMinute: limit)
        #expect(budget.reservedPermits == reserve)
        for _ in 0..<(limit - reserve) {
            #expect(budget.nextPermit(now: 5, keeping: reserve) == 5)
            budget.recordRequest(at: 5)
        }
        #expect(budget.nextPermit(now: 5, keeping: reserve) == 60 * Self.second + 5)
        #expect((budget.nextPermit(now: 5) == 5) == (reserve > 0))
    }

    @Test func `a budget of nothing is one request`() {
        #expect(RateLimiter(requestsPerMinute: 0).nextPermit(now: 3) == 3)
    }
}
