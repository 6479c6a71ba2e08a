import Configuration
import Testing

@testable import WebAuth

/// How many requests are answered in which time.
@Suite struct RequestLimitTests {
    private static let second: Int64 = 1_000_000_000

    @Test func `a burst is allowed, then one request in each interval`() {
        var limit = RequestLimit(intervalNanoseconds: Self.second, burst: 3)
        let start = 77 * Self.second
        let instants = [0, 0, 0, 0, 0, Self.second - 1, Self.second, Self.second, 2 * Self.second]
        let allowed = instants.map { limit.take(at: start + $0) }
        #expect(allowed == [true, true, true, false, false, false, true, false, true])
    }

    @Test func `a pause allows a burst again, and not more`() {
        var limit = RequestLimit(intervalNanoseconds: Self.second, burst: 2)
        let allowed = [0, 3_600, 3_600, 3_600].map { limit.take(at: $0 * Self.second) }
        #expect(allowed == [true, true, true, false])
    }

    @Test func `the largest limit of the configuration is not too large`() {
        var limit = RequestLimit(intervalNanoseconds: 86_400 * Self.second, burst: 1_000_000)
        let allowed = (0..<1_000).map { _ in limit.take(at: 0) }
        #expect(allowed.allSatisfy { $0 })
    }

    private static let client: [UInt8] = [192, 0, 2, 1]

    @Test func `a client without a password uses up the limit of no other`() {
        let limits = RequestLimits(WebConfiguration.RateLimit(intervalSeconds: 2.5, burst: 1))
        #expect(limits.retrySeconds == 3)
        #expect(limits.allow(client: Self.client, isAuthenticated: false, at: 0))
        #expect(!limits.allow(client: Self.client, isAuthenticated: false, at: 0))
        #expect(limits.allow(client: Self.client, isAuthenticated: true, at: 0))
        #expect(!limits.allow(client: Self.client, isAuthenticated: true, at: Self.second))
        #expect(limits.allow(client: [192, 0, 2, 2], isAuthenticated: false, at: 0))
        #expect(limits.allow(client: Self.client, isAuthenticated: false, at: 3 * Self.second))
    }

    @Test func `clients beyond some thousand share one limit until others have recovered`() {
        let limits = RequestLimits(WebConfiguration.RateLimit(intervalSeconds: 1, burst: 1))
        func client(_ number: Int) -> [UInt8] {
            [10, UInt8(number >> 16), UInt8(number >> 8 & 255), UInt8(number & 255)]
        }
        let allowed = (0..<10_000).filter { limits.allow(client: client($0), isAuthenticated: false, at: 0) }
        #expect(allowed == Array(0...4_096))
        #expect(limits.allow(client: client(5_000), isAuthenticated: false, at: Self.second))
        #expect(limits.allow(client: client(5_001), isAuthenticated: false, at: Self.second))
    }
}
