import Testing

@testable import Collector

@Suite struct RateLimiterTests {
    @Test(arguments: [1, 2, 5, 10])
    func `within any minute there are never more requests than allowed, and waiting is never longer than it`(
        limit: Int
    ) {
        var generator = SplitMix64(seed: 2)
        var limiter = RateLimiter(requestsPerMinute: limit)
        var now = MonotonicInstant.zero
        var sent: [MonotonicInstant] = []
        for _ in 0..<300 {
            now = now + .milliseconds(Int64.random(in: 0...5_000, using: &generator))
            let earliest = limiter.nextPermit(for: .scheduled, at: now)
            #expect(earliest >= now && earliest <= now + .minute)
            now = earliest
            limiter.recordRequest(isSecondary: Bool.random(using: &generator), at: now)
            sent.append(now)
        }
        for (index, instant) in sent.enumerated().dropFirst(limit) {
            #expect(instant - sent[index - limit] >= .minute)
        }
    }

    @Test(arguments: [(1, 1, 2), (2, 1, 1), (3, 1, 1), (5, 2, 1), (10, 5, 1)])
    func `secondary feeds send at most half of the requests, whatever the primary one leaves`(
        limit: Int, requests: Int, minutes: Int
    ) {
        var generator = SplitMix64(seed: 3)
        var limiter = RateLimiter(requestsPerMinute: limit)
        var now = MonotonicInstant.zero
        var sent: [MonotonicInstant] = []
        for _ in 0..<300 {
            if Bool.random(using: &generator), limiter.nextPermit(for: .scheduled, at: now) == now {
                limiter.recordRequest(isSecondary: false, at: now)
            }
            now = limiter.nextPermit(for: .secondary, at: now)
            limiter.recordRequest(isSecondary: true, at: now)
            sent.append(now)
        }
        for (index, instant) in sent.enumerated().dropFirst(requests) {
            #expect(instant - sent[index - requests] >= .minute * minutes)
        }
        #expect(now - .zero < .minute * (310 * minutes / requests), "and half is what they get")
    }

    @Test(arguments: [(1, 0), (2, 1), (3, 1), (4, 2), (10, 2)])
    func `catching up leaves permits to scheduled polls`(limit: Int, reserve: Int) {
        var limiter = RateLimiter(requestsPerMinute: limit)
        #expect(limiter.reservedPermits == reserve)
        for _ in 0..<(limit - reserve) {
            #expect(limiter.nextPermit(for: .catchUp, at: .at(5)) == .at(5))
            limiter.recordRequest(isSecondary: false, at: .at(5))
        }
        #expect(limiter.nextPermit(for: .catchUp, at: .at(5)) == .at(65))
        #expect((limiter.nextPermit(for: .scheduled, at: .at(5)) == .at(5)) == (reserve > 0))
    }

    @Test func `a budget of nothing is one request`() {
        #expect(RateLimiter(requestsPerMinute: 0).nextPermit(for: .scheduled, at: .at(3)) == .at(3))
    }
}
