import Foundation
import Locking
import Metrics
import ScrapeEndpoint
import TestSupport
import Testing

/// Scrapers on several connections while commits, builds and live sections come as fast as they can.
@Suite(.serialized) struct ConsistencyTests {
    private static let parts = Descriptor("parts_total", .counter, labels: ["appliance", "part"], help: "Parts.")
    private static let whole = Descriptor("whole_total", .counter, labels: ["appliance"], help: "All parts.")
    private static let lively = Descriptor("lively_total", .counter, help: "Live section.")

    /// A ledger in which each appliance's whole always equals the sum of its parts, seen from outside a commit.
    private final class InvariantLedger: Sendable {
        private struct Account {
            var parts = [Double](repeating: 0, count: 50)
            var whole = 0.0
            var revision: UInt64 = 0
        }

        static let appliances = 10
        private let accounts = Locked([Account](repeating: Account(), count: appliances))
        private let liveSections = Locked(0.0)

        /// Changes many parts of one appliance at once.
        func commit(_ seed: Int) {
            accounts.withLock { accounts in
                let number = seed % Self.appliances
                for step in 0..<20 { accounts[number].parts[(seed &* 31 &+ step &* 17) % 50] += 1 }
                accounts[number].whole += 20
                accounts[number].revision += 1
            }
        }

        func groups() -> [MetricGroup] {
            accounts.withLock { $0.map(\.revision) }.enumerated().map { number, revision in
                MetricGroup("appliance \(number)", revision: revision) { self.families(of: number) }
            }
        }

        private func families(of number: Int) -> [MetricFamily] {
            let account = accounts.withLock { $0[number] }
            let series = account.parts.enumerated().map { part, value in
                Series(Labels(["appliance", "part"], ["\(number)", "\(part)"]), .number(value))
            }
            return [
                MetricFamily(parts, series),
                MetricFamily(whole, [Series(Labels(["appliance"], ["\(number)"]), .number(account.whole))]),
            ]
        }

        func live(_ scope: ScrapeScope) -> [MetricFamily] {
            let number = liveSections.withLock { sections in
                sections += 1
                return sections
            }
            return [MetricFamily(lively, [Series(.none, .number(number))])]
        }
    }

    /// A clock that runs fifty times as fast, so that a second takes 20 ms.
    private static let fast = MonotonicClock { MonotonicClock.system.nanoseconds() * 50 }

    private static let accepts = ["text/plain", "application/openmetrics-text"]

    @Test func `every body is whole and consistent, and no counter falls from one to the next`() async throws {
        let bank = InvariantLedger()
        let scrapes = ScrapeHandler(groups: bank.groups, live: bank.live, time: Self.fast)
        try await serving(scrapes) { port in
            let commits = Task {
                var number = 0
                while !Task.isCancelled {
                    bank.commit(number)
                    number += 1
                    scrapes.markStale()
                    await Task.yield()
                }
            }
            defer { commits.cancel() }
            let seen = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<6 {
                    group.addTask {
                        try await Self.scrape(port, accept: Self.accepts[number % 2], isCompressed: number % 3 == 0)
                    }
                }
                return try await group.reduce(into: 0) { $0 += $1 }
            }
            // Otherwise the numbers stood still, and nothing was tried.
            #expect(seen >= 6 * Self.leastSeen)
        }
    }

    /// How many different bodies each connection has to see: on a busy machine that takes longer.
    private static let leastSeen = 5

    /// Scrapes on one connection, for two seconds at least; gives how many different bodies it saw.
    private static func scrape(_ port: UInt16, accept: String, isCompressed: Bool) async throws -> Int {
        let headers = ["Accept: \(accept)"] + (isCompressed ? ["Accept-Encoding: gzip"] : [])
        let connection = try ScrapeConnection(port: port)
        var last: [String: Double] = [:]
        var different = 0
        let begin = ContinuousClock.now
        while ContinuousClock.now < begin + .seconds(different < leastSeen ? 60 : 2) {
            let answer = try connection.request(headers: headers)
            try #require(answer.status == 200)
            let body = isCompressed ? try gunzip(answer.body) : answer.body
            let samples = try samples(of: String(decoding: body, as: UTF8.self), accept: accept)
            for (name, value) in last { #expect(samples[name, default: -1] >= value, "\(name)") }
            if samples != last { different += 1 }
            last = samples
            await Task.yield()
        }
        return different
    }

    /// The samples of a body, after a look at its completeness and its sums.
    private static func samples(of text: String, accept: String) throws -> [String: Double] {
        let end = accept == "text/plain" ? "\n" : "\n# EOF\n"
        try #require(text.hasSuffix(end))
        var samples: [String: Double] = [:]
        var sums: [Substring: Double] = [:]
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            let space = try #require(line.lastIndex(of: " "))
            let value = try #require(Double(line[line.index(after: space)...]))
            samples[String(line[..<space])] = value
            if line.hasPrefix("parts_total") { sums[line.prefix { $0 != "," }.dropFirst(5), default: 0] += value }
        }
        #expect(samples.count == 51 * InvariantLedger.appliances + 1)
        for (appliance, sum) in sums { #expect(samples["whole\(appliance)}"] == sum) }
        return samples
    }

    /// Without a server, from many threads at once, for the thread sanitizer.
    @Test func `scrapes that come at the same time share what is made`() async {
        let bank = InvariantLedger()
        let scrapes = ScrapeHandler(groups: bank.groups, live: bank.live, time: Self.fast)
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<8 {
                group.addTask {
                    for round in 0..<3_000 {
                        bank.commit(round)
                        scrapes.markStale()
                        let answer = await scrapes.scrape(Self.accepts[(number + round) % 2], gzip: round % 3 == 0)
                        #expect(answer.status == 200)
                    }
                }
            }
        }
    }
}
