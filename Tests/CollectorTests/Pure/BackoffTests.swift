import Testing

@testable import Collector

@Suite struct BackoffTests {
    @Test(arguments: [
        // interval, cause, ceilings of the first failures
        (60.0, Backoff.Cause.other, [60.0, 120, 240, 300, 300]),
        (60, .credentials, [60, 120, 240, 480, 900, 900]),
        (900, .other, [900, 900]),
        (1_200, .credentials, [1_200, 1_200]),
        (10, .other, [10, 20, 40, 80, 160, 300]),
    ])
    func `delays double up to the limit, with full jitter`(
        interval: Double, cause: Backoff.Cause, ceilings: [Double]
    ) {
        var generator = SplitMix64(seed: 3)
        var longest = Array(repeating: 0.0, count: ceilings.count)
        var shortest = Array(repeating: Double.infinity, count: ceilings.count)
        for _ in 0..<500 {
            var backoff = Backoff(interval: .seconds(interval))
            for (index, ceiling) in ceilings.enumerated() {
                let delay = backoff.recordFailure(cause, retryAfter: nil, using: &generator).inSeconds
                #expect(delay >= 1 && delay <= ceiling)
                longest[index] = max(longest[index], delay)
                shortest[index] = min(shortest[index], delay)
            }
        }
        for (index, ceiling) in ceilings.enumerated() {
            #expect(longest[index] > 0.9 * ceiling)
            #expect(shortest[index] < 0.1 * ceiling + 1)
        }
    }

    @Test func `what lasts is tried rarely from the beginning`() {
        var generator = SplitMix64(seed: 7)
        for interval in [1.0, 60, 7_200] {
            var backoff = Backoff(interval: .seconds(interval))
            let limit = max(3_600, interval)
            for _ in 0..<20 {
                let delay = backoff.recordFailure(.persistent, retryAfter: nil, using: &generator).inSeconds
                #expect(delay >= limit / 2 && delay <= limit)
            }
        }
    }

    @Test(arguments: [(5.0, 5.0), (600, 600), (3_600, 3_600), (90_000, 3_600)])
    func `Retry-After is obeyed up to an hour`(wish: Double, least: Double) {
        var generator = SplitMix64(seed: 4)
        for _ in 0..<100 {
            var backoff = Backoff(interval: .minute)
            let delay = backoff.recordFailure(.other, retryAfter: .seconds(wish), using: &generator).inSeconds
            #expect(delay >= least && delay <= max(least, 60))
        }
    }

    @Test func `a success resets the delay`() {
        var generator = SplitMix64(seed: 5)
        var backoff = Backoff(interval: .seconds(10))
        for _ in 0..<1_000 { _ = backoff.recordFailure(.other, retryAfter: nil, using: &generator) }
        backoff.reset()
        #expect(backoff.failures == 0)
        #expect(backoff.recordFailure(.other, retryAfter: nil, using: &generator) <= .seconds(10))
    }

    @Test func `intervals below a second do not make an impossible range`() {
        var generator = SplitMix64(seed: 6)
        for interval in [0.0, 0.1, 1] {
            var backoff = Backoff(interval: .seconds(interval))
            #expect(backoff.recordFailure(.other, retryAfter: nil, using: &generator) >= .zero)
        }
    }
}
