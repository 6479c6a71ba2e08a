import Foundation
import Locking
import Metrics
import TestSupport
import Testing

@testable import ScrapeEndpoint

/// Scrapers on several connections while commits, reloads, builds and live sections come as fast as they can.
@Suite(.serialized) struct ConsistencyTests {
    /// A clock that runs fifty times as fast, so that a second takes 20 ms.
    private static let fast = MonotonicClock { MonotonicClock.system.nanoseconds() * 50 }

    /// What scrapers ask for: nothing, anything, either format, and as Prometheus 2, 3 and others do.
    private static let accepts = [
        nil, "*/*", "text/plain", "application/openmetrics-text",
        "text/plain;version=0.0.4;q=0.9,application/openmetrics-text;q=0.1",
        "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,text/plain;q=0.3",
    ]

    @Test func `every body is one state, in any form and on any connection, and no counter falls`() async throws {
        let ledger = InvariantLedger()
        let scrapes = ScrapeHandler(
            groups: ledger.groups, live: ledger.live, time: Self.fast, workers: BuildWorkers(count: 2, bytesEach: 1),
            runLater: nil)
        let bodies = KnownBodies()
        try await serving(scrapes) { port in
            let changes = Task {
                var number = 0
                while !Task.isCancelled {
                    ledger.change(number)
                    number += 1
                    scrapes.markStale()
                    await Task.yield()
                }
            }
            defer { changes.cancel() }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for accept in Self.accepts { group.addTask { try await Self.scrape(port, accept, bodies) } }
                try await group.waitForAll()
            }
        }
        #expect(bodies.repeated > 0, "states were seen more than once, and so compared")
    }

    /// How many different bodies each connection has to see: on a busy machine that takes longer.
    private static let leastSeen = 5

    /// Scrapes on one connection, compressed and plain in turns, for a second at least.
    private static func scrape(_ port: UInt16, _ accept: String?, _ bodies: KnownBodies) async throws {
        let connection = try ScrapeConnection(port: port)
        var last: [String: Double] = [:]
        var different = 0
        var isCompressed = false
        let begin = ContinuousClock.now
        while ContinuousClock.now < begin + .seconds(different < leastSeen ? 60 : 1) {
            isCompressed.toggle()
            let answer = try connection.request(
                headers: (accept.map { ["Accept: \($0)"] } ?? []) + (isCompressed ? ["Accept-Encoding: gzip"] : []))
            try #require(answer.status == 200)
            let text = String(decoding: isCompressed ? try gunzip(answer.body) : answer.body, as: UTF8.self)
            let body = try ScrapedBody(text, contentType: answer.headers["content-type"] ?? "")
            bodies.compare(body)
            // An appliance may be removed in between.
            for (name, value) in body.counters { #expect(value >= last[name, default: 0], "\(name)") }
            if body.counters != last { different += 1 }
            last.merge(body.counters) { $1 }
            await Task.yield()
        }
        // Otherwise the numbers stood still, and nothing was tried.
        #expect(different >= leastSeen)
    }

    /// Without a server, from many threads at once, for the thread sanitizer.
    @Test func `scrapes that come at the same time share what is made`() async {
        let ledger = InvariantLedger()
        // Each look at the clock takes 10 ms, so that the number of builds does not depend on the machine.
        let now = Locked<Int64>(0)
        let time = MonotonicClock {
            now.withLock { now in
                now += 10_000_000
                return now
            }
        }
        let scrapes = ScrapeHandler(
            groups: ledger.groups, live: ledger.live, time: time, workers: BuildWorkers(count: 2, bytesEach: 1),
            runLater: nil)
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<8 {
                group.addTask {
                    for round in 0..<200 {
                        ledger.commit(round)
                        scrapes.markStale()
                        let accept = Self.accepts[(number + round) % 8] ?? ""
                        let answer = await scrapes.scrape(accept, gzip: round % 3 == 0)
                        #expect(answer.status == 200)
                    }
                }
            }
        }
    }
}

/// The part of a body before the live section, and what it says.
private struct ScrapedBody {
    let isOpenMetrics: Bool
    let text: Substring
    /// The counters by their names and labels, without the label `site`, which a reload may change.
    private(set) var counters: [String: Double] = [:]
    /// Names the state of each appliance.
    private(set) var state = ""

    /// Checks that the body is complete, and that each appliance is as after one commit.
    init(_ body: String, contentType: String) throws {
        isOpenMetrics = contentType.hasPrefix("application/openmetrics-text")
        try #require(body.hasSuffix(isOpenMetrics ? "\n# EOF\n" : "\n"))
        let live = try #require(body.range(of: isOpenMetrics ? "# TYPE lively" : "# HELP lively"))
        text = body[..<live.lowerBound]
        var sums: [String: Double] = [:]
        var wholes: [String: Double] = [:]
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            let space = try #require(line.lastIndex(of: " "))
            let value = try #require(Double(line[line.index(after: space)...]))
            let fields = line[..<space].split { $0 == "{" || $0 == "," || $0 == "}" }
            let (family, appliance, site) = (fields[0], "\(fields[1])", "\(fields[fields.count - 1])")
            switch family {
            case "revision": state += "\(line)\n"
            case "whole_total":
                wholes[appliance + site] = value
                counters["whole \(appliance)"] = value
            default:
                sums[appliance + site, default: 0] += value
                counters["part \(appliance) \(fields[2])"] = value
            }
        }
        #expect(!wholes.isEmpty)
        #expect(wholes == sums, "each appliance has one site, and its whole is the sum of its parts")
    }
}

/// The bodies that were seen: the same state in the same format must be the same bytes, plain or compressed, on any
/// connection.
private final class KnownBodies: Sendable {
    private struct Key: Hashable {
        let isOpenMetrics: Bool
        let state: String
    }

    private let known = Locked<(texts: [Key: String], repeated: Int)>(([:], 0))

    var repeated: Int { known.withLock { $0.repeated } }

    func compare(_ body: ScrapedBody) {
        let key = Key(isOpenMetrics: body.isOpenMetrics, state: body.state)
        let text = String(body.text)
        let other = known.withLock { known -> String? in
            guard let other = known.texts[key] else {
                known.texts[key] = text
                return nil
            }
            known.repeated += 1
            return other
        }
        if let other { #expect(other.utf8.elementsEqual(text.utf8), "one state, and two bodies") }
    }
}
