/// When scrapes are expected, because each scraper comes at an interval of its own.
///
/// It does not know the scrapers: a scrape that is as long after another one as that was after a third is taken for the
/// next one of the same scraper.
struct ScrapeSchedule {
    /// The last scrapes, the newest at the end.
    private var scrapes: [Int64] = []

    /// Shorter intervals are not worth it: a scrape finds little that changed.
    private static let intervals: ClosedRange<Int64> = 2_000_000_000...300_000_000_000
    /// By how much two intervals of one scraper may differ.
    private static let tolerance: Int64 = 200_000_000
    /// Scrapes that follow each other closer are one for the schedule: under load it costs nothing.
    private static let separation: Int64 = 100_000_000
    /// Enough for five scrapers.
    private static let maxCount = 16

    /// Records a scrape at an instant of a monotonic clock, in nanoseconds.
    ///
    /// - Returns: When the same scraper is expected next; nil if it has not come at one interval so far.
    mutating func record(_ now: Int64) -> Int64? {
        if let last = scrapes.last, now - last < Self.separation { return nil }
        defer {
            if scrapes.count == Self.maxCount { scrapes.removeFirst() }
            scrapes.append(now)
        }
        for (place, last) in scrapes.enumerated().reversed() {
            let interval = now - last
            guard Self.intervals.contains(interval) else { continue }
            let isRepeated = scrapes[..<place].contains { abs(last - $0 - interval) <= Self.tolerance }
            if isRepeated { return now + interval }
        }
        return nil
    }
}
