import Metrics
import Testing

@testable import ScrapeEndpoint

/// When the next scrape is expected, after scrapes at these times in seconds.
@Suite struct ScrapeScheduleTests {
    private static let cases: [(name: String, scrapes: [Double], expected: [Double?])] = [
        ("one interval is no pattern", [0, 15], [nil, nil]),
        ("a scraper every 15 seconds", [0, 15, 30, 45.1, 60], [nil, nil, 45, 60.2, 74.9]),
        ("a missed scrape", [0, 15, 30, 60, 75, 90, 105], [nil, nil, 45, 90, nil, 120, 120]),
        ("a scraper that is late", [0, 15, 30.5, 45.5, 60.5], [nil, nil, nil, nil, 75.5]),
        ("two behind one proxy", [0, 4, 15, 19, 30, 34], [nil, nil, nil, nil, 45, 49]),
        (
            "three behind one proxy", [0, 4, 8, 15, 19, 23, 30, 34, 38, 45, 49, 53],
            [nil, nil, 12, nil, nil, 27, 41, 49, 42, 60, 64, 68]
        ),
        (
            "two behind one proxy with intervals of their own", [0, 1, 10, 16, 20, 30, 31],
            [nil, nil, nil, nil, 30, 40, 46]
        ),
        ("every second", [0, 1, 2, 3, 4, 5], [nil, nil, nil, nil, nil, nil]),
        ("more often than ten times a second", [0, 0.05, 2, 2.05, 4, 4.05, 6], [nil, nil, nil, nil, 6, nil, 8]),
        ("irregular scrapes", [0, 3, 8, 20, 47], [nil, nil, nil, nil, nil]),
        ("every ten minutes", [0, 600, 1200, 1800], [nil, nil, nil, nil]),
    ]

    private static func nanoseconds(_ seconds: Double) -> Int64 { Int64((seconds * 1_000).rounded()) * 1_000_000 }

    private static func source(_ number: UInt8, _ coding: ContentCoding = .gzip) -> ScrapeSchedule.Source {
        ScrapeSchedule.Source(network: [10, 0, 0, number], variant: Variant(syntax: .text, coding: coding))
    }

    @Test(arguments: cases) func `the next scrape is expected`(
        name: String, scrapes: [Double], expected: [Double?]
    ) {
        var schedule = ScrapeSchedule()
        for (scrape, expected) in zip(scrapes, expected) {
            let next = schedule.record(Self.source(1), at: Self.nanoseconds(scrape))
            #expect(next == expected.map(Self.nanoseconds), "\(name), after \(scrape)")
        }
    }

    @Test func `the scrapers of each network and variant have intervals of their own`() {
        var schedule = ScrapeSchedule()
        let sources = [Self.source(1), Self.source(2), Self.source(1, .identity)]
        for (round, start) in [0, 60, 120.0].enumerated() {
            for (number, source) in sources.enumerated() {
                let scrape = start + [0, 5, 10.0][number]
                let next = schedule.record(source, at: Self.nanoseconds(scrape))
                #expect(next == (round == 2 ? Self.nanoseconds(scrape + 60) : nil))
            }
        }
    }

    @Test func `of too many scrapers the one that has not come for longest is forgotten`() {
        var schedule = ScrapeSchedule()
        for scrape in [0, 15] { _ = schedule.record(Self.source(0), at: Self.nanoseconds(Double(scrape))) }
        for number in 1...16 {
            _ = schedule.record(Self.source(UInt8(number)), at: Self.nanoseconds(15 + Double(number) / 10))
        }
        #expect(schedule.record(Self.source(0), at: Self.nanoseconds(30)) == nil)
    }
}
