import Testing

@testable import ScrapeEndpoint

/// When the next scrape is expected, after scrapes at these times in seconds.
@Suite struct ScrapeScheduleTests {
    private static let cases: [(name: String, scrapes: [Double], expected: [Double?])] = [
        ("one interval is no pattern", [0, 15], [nil, nil]),
        ("a scraper every 15 seconds", [0, 15, 30, 45.1, 60], [nil, nil, 45, 60.2, 74.9]),
        ("a missed scrape", [0, 15, 30, 60, 75, 90], [nil, nil, 45, 90, nil, 105]),
        ("a scraper that is late", [0, 15, 30.5, 45.5, 60.5], [nil, nil, nil, nil, 75.5]),
        ("a pair of scrapers", [0, 4, 15, 19, 30, 34], [nil, nil, nil, nil, 45, 49]),
        (
            "two scrapers with intervals of their own", [0, 1, 10, 16, 20, 30, 31],
            [nil, nil, nil, nil, 30, 40, 46]
        ),
        ("every second", [0, 1, 2, 3, 4, 5], [nil, nil, nil, nil, 6, 7]),
        ("more often than ten times a second", [0, 0.05, 2, 2.05, 4, 4.05, 6], [nil, nil, nil, nil, 6, nil, 8]),
        ("irregular scrapes", [0, 3, 8, 20, 47], [nil, nil, nil, nil, nil]),
        ("every ten minutes", [0, 600, 1200, 1800], [nil, nil, nil, nil]),
    ]

    @Test(arguments: cases) func `the next scrape is expected`(
        name: String, scrapes: [Double], expected: [Double?]
    ) {
        var schedule = ScrapeSchedule()
        for (scrape, expected) in zip(scrapes, expected) {
            let next = schedule.record(Int64((scrape * 1_000).rounded()) * 1_000_000)
            #expect(next == expected.map { Int64(($0 * 1_000).rounded()) * 1_000_000 }, "\(name), after \(scrape)")
        }
    }
}
