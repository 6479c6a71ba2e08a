import Collector
import Configuration
import Exporter
import Testing

/// The time ranges that the flags of `backfill` mean, by the clock and the appliances.
@Suite struct BackfillRangeResolverTests {
    private static let hour: Int64 = 3_600_000
    private static let day = 24 * hour
    /// 2026-01-31, 08:00.
    private static let now: Int64 = 1_769_846_400_000

    private func appliances(_ names: String...) -> [Settings.Appliance] {
        names.map { name in
            Settings.Appliance(
                name: name, url: BaseURL(isSecure: true, host: "192.0.2.1", port: 443),
                publicToken: .inline(Secret("p")), privateToken: .inline(Secret("q")))
        }
    }

    private func options(
        start: Int64? = nil, end: Int64? = nil, ledger: [(String?, Int64)] = []
    ) -> BackfillOptions {
        var options = BackfillOptions()
        options.startMilliseconds = start
        options.endMilliseconds = end
        options.ledgerStarts = ledger.map { .init(appliance: $0, milliseconds: $1) }
        return options
    }

    private func range(_ options: BackfillOptions) throws -> BackfillRange? {
        try BackfillRangeResolver.ranges(options, of: appliances("hq"), now: Self.now)["hq"]
    }

    private func problem(_ options: BackfillOptions, _ names: [Settings.Appliance]) -> String? {
        do {
            _ = try BackfillRangeResolver.ranges(options, of: names, now: Self.now)
            return nil
        } catch { return error.description }
    }

    @Test func `the end defaults to three hours ago`() throws {
        let start = Self.now - Self.day
        #expect(
            try range(options(start: start))
                == BackfillRange(start: start, end: Self.now - 3 * Self.hour, step: 300_000))
        #expect(
            try range(options(start: start, end: Self.now)) == BackfillRange(start: start, end: Self.now, step: 300_000)
        )
    }

    @Test func `with a ledger start the range ends an hour before the first start`() throws {
        // The first lookback was the usual 30 days.
        let ledger = Self.now - 40 * Self.day
        let end = Self.now - 10 * Self.day - Self.hour
        #expect(
            try range(options(ledger: [(nil, ledger)])) == BackfillRange(start: ledger, end: end, step: 300_000))
        let start = ledger - 100 * Self.day
        #expect(
            try range(options(start: start, ledger: [("hq", ledger)]))
                == BackfillRange(start: start, end: end, step: 300_000, ledgerStart: ledger))
        // The ledger is young: the last three hours stay out as well.
        #expect(
            try range(options(ledger: [(nil, Self.now - 30 * Self.day)]))
                == BackfillRange(start: Self.now - 30 * Self.day, end: Self.now - 3 * Self.hour, step: 300_000))
    }

    @Test func `a start without milliseconds loses no breach and counts none twice`() throws {
        let ledger = Self.now - 40 * Self.day + 123
        #expect(try range(options(start: ledger - 123, ledger: [(nil, ledger)]))?.start == ledger)
    }

    @Test func `each appliance has its own ledger start`() throws {
        let (hq, branch) = (Self.now - 50 * Self.day, Self.now - 40 * Self.day)
        let ranges = try BackfillRangeResolver.ranges(
            options(ledger: [("branch", branch), ("hq", hq)]), of: appliances("hq", "branch"), now: Self.now)
        #expect(ranges.mapValues(\.start) == ["hq": hq, "branch": branch])
        #expect(ranges["branch"]?.end == Self.now - 10 * Self.day - Self.hour)
    }

    @Test func `contradictory flags are rejected in one line that names flag and appliance`() {
        let one = appliances("hq")
        let two = appliances("hq", "branch")
        let (now, day) = (Self.now, Self.day)
        let table: [(BackfillOptions, [Settings.Appliance], String)] = [
            (
                options(start: now, end: now), one,
                "'--start' must be before --end (2026-01-31T08:00:00.000Z) (appliance hq)"
            ),
            (
                options(start: now - Self.hour), one,
                "'--start' must be before --end (2026-01-31T05:00:00.000Z by default) (appliance hq)"
            ),
            (options(start: 0, end: now + 1), one, "'--end' is in the future"),
            (options(end: now), one, "'--start' is needed"),
            (
                options(start: now - day, end: now, ledger: [(nil, now - 2 * day)]), one,
                "'--start' must not be later than the ledger's start (appliance hq)"
            ),
            (
                options(start: 0, end: now - 41 * day, ledger: [(nil, now - 40 * day)]), one,
                "'--end' (2025-12-21T08:00:00.000Z) must not be before the ledger's start, 2025-12-22T08:00:00.000Z "
                    + "(appliance hq)"
            ),
            (
                options(start: 0, end: now, ledger: [(nil, now - 40 * day)]), one,
                "'--end' must not be after the first start of the exporter, 2026-01-21T08:00:00.000Z by the ledger's "
                    + "start and initial_lookback: from then on Prometheus has counts of its own (appliance hq)"
            ),
            (
                options(ledger: [(nil, now - 40 * day)]), two,
                "'--ledger-start' needs APPLIANCE=TIME when there are several appliances"
            ),
            (
                options(ledger: [("hq", now - 40 * day)]), two,
                "'--ledger-start' is needed for every appliance or for none (appliance branch)"
            ),
            (
                options(ledger: [("lab", now - 40 * day)]), one,
                "'--ledger-start' names an appliance that the configuration does not have"
            ),
            (
                options(ledger: [("hq", now - 40 * day), (nil, now - 40 * day)]), one,
                "'--ledger-start' names an appliance twice"
            ),
        ]
        for (options, appliances, expected) in table {
            #expect(problem(options, appliances) == "error: flag \(expected), try --help")
        }
    }
}
