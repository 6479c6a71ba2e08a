import Foundation
import Locking
import Metrics
import ScrapeEndpoint
import TestSupport
import Testing

/// Scrapers on several connections while commits, snapshots and tails come as fast as they can.
@Suite(.serialized) struct ConsistencyTests {
    private static let parts = Descriptor("parts_total", .counter, labels: ["part"], help: "Parts.")
    private static let whole = Descriptor("whole_total", .counter, help: "All parts.")
    private static let lively = Descriptor("lively_total", .counter, help: "Tail.")

    /// A ledger in which the whole always equals the sum of the parts, seen from outside a commit.
    private final class InvariantLedger: Sendable {
        private struct Books {
            var accounts = [Double](repeating: 0, count: 500)
            var whole = 0.0
        }

        private let books = Locked(Books())
        private let tails = Locked(0.0)

        /// Changes many parts at once.
        func commit(_ seed: Int) {
            books.withLock { books in
                for step in 0..<20 { books.accounts[(seed &* 31 &+ step &* 17) % 500] += 1 }
                books.whole += 20
            }
        }

        func snapshot() -> [MetricFamily] {
            let books = books.withLock { $0 }
            let series = books.accounts.enumerated().map { number, value in
                Series(Labels(["part"], ["part \(number)"]), .number(value))
            }
            return [
                MetricFamily(parts, series),
                MetricFamily(ConsistencyTests.whole, [Series(.none, .number(books.whole))]),
            ]
        }

        func live() -> [MetricFamily] {
            let number = tails.withLock { tails in
                tails += 1
                return tails
            }
            return [MetricFamily(ConsistencyTests.lively, [Series(.none, .number(number))])]
        }
    }

    /// A clock that runs fifty times as fast, so that a second of snapshots takes 20 ms.
    private static let fast = MonotonicClock(
        nanoseconds: { MonotonicClock.system.nanoseconds() * 50 },
        sleep: { try await MonotonicClock.system.sleep($0 / 50) })

    private static let accepts = ["text/plain", "application/openmetrics-text"]

    @Test func `every body is whole and consistent, and no counter falls from one to the next`() async throws {
        let bank = InvariantLedger()
        let publisher = ScrapeHandler(snapshot: bank.snapshot, live: bank.live, time: Self.fast)
        try await serving(publisher) { port in
            let commits = Task {
                var number = 0
                while !Task.isCancelled {
                    bank.commit(number)
                    number += 1
                    publisher.setNeedsSnapshot()
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
        var sum = 0.0
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            let space = try #require(line.lastIndex(of: " "))
            let value = try #require(Double(line[line.index(after: space)...]))
            samples[String(line[..<space])] = value
            if line.hasPrefix("parts_total") { sum += value }
        }
        #expect(samples.count == 502)
        #expect(sum == samples["whole_total"])
        return samples
    }

    /// A direct look without a server, from many threads at once, for the thread sanitizer.
    @Test func `threads that ask at the same time share what is made`() async {
        let bank = InvariantLedger()
        let publisher = ScrapeHandler(snapshot: bank.snapshot, live: bank.live, time: Self.fast)
        let run = Task { await publisher.run() }
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<8 {
                group.addTask {
                    for round in 0..<3_000 {
                        bank.commit(round)
                        publisher.setNeedsSnapshot()
                        #expect(publisher.answers(Self.accepts[(number + round) % 2], gzip: round % 3 == 0))
                    }
                }
            }
        }
        run.cancel()
        await run.value
    }
}
