/// When scrapes are expected, because a scraper comes at a constant interval.
struct ScrapeSchedule {
    /// What a request shows of its scraper; several behind one proxy have the same source.
    struct Source: Hashable {
        let network: [UInt8]
        let variant: Variant
    }

    /// The last scrapes of each source, the newest at the end.
    private var scrapes: [Source: [Int64]] = [:]

    /// Between shorter intervals little changes; longer ones are rare.
    private static let intervals: ClosedRange<Int64> = 2_000_000_000...300_000_000_000
    /// By how much two intervals of one scraper may differ.
    private static let tolerance: Int64 = 200_000_000
    /// A scrape that comes sooner after the last one of its source is not recorded, so that load costs nothing.
    private static let separation: Int64 = 100_000_000
    /// Scrapes for each source: of four scrapers behind one proxy there are four each.
    private static let maxScrapes = 16
    private static let maxSources = 16

    /// Records a scrape at an instant of a monotonic clock, in nanoseconds.
    ///
    /// - Returns: When the same scraper is expected next; nil if its last two intervals differ.
    mutating func record(_ source: Source, at now: Int64) -> Int64? {
        let earlier = scrapes[source] ?? []
        if let last = earlier.last, now - last < Self.separation { return nil }
        if earlier.isEmpty, scrapes.count >= Self.maxSources { removeOldest() }
        scrapes[source] = earlier.suffix(Self.maxScrapes - 1) + [now]
        let interval = Self.interval(of: earlier, until: now)
        return interval.flatMap { Self.intervals.contains($0) ? now + $0 : nil }
    }

    /// The interval that is repeated most often up to the last scrape; of several, the shortest.
    private static func interval(of earlier: [Int64], until now: Int64) -> Int64? {
        var best: (interval: Int64, count: Int)?
        for last in earlier.reversed() {
            let interval = now - last
            var (count, scrape) = (1, last)
            while let next = earlier.last(where: { $0 < scrape && abs(scrape - $0 - interval) <= tolerance }) {
                count += 1
                scrape = next
            }
            if count > max(1, best?.count ?? 0) { best = (interval, count) }
        }
        return best?.interval
    }

    private mutating func removeOldest() {
        let oldest = scrapes.min { ($0.value.last ?? 0) < ($1.value.last ?? 0) }
        if let oldest { scrapes[oldest.key] = nil }
    }
}
