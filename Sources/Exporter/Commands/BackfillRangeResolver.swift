package import Collector
package import Configuration
import Logging

/// Resolves the flags of `backfill` to a time range for each appliance.
package enum BackfillRangeResolver {
    /// Prometheus may still keep younger samples in its head block, which promtool does not write to.
    package static let freshMilliseconds: Int64 = 3 * 3_600_000
    /// How long before the first start of the exporter the range ends: a breach that the appliance listed late must not
    /// be in the backfill alone.
    private static let marginMilliseconds: Int64 = 3_600_000

    /// The ranges by the names of the appliances.
    ///
    /// - Parameter now: in milliseconds since 1970.
    package static func ranges(
        _ options: BackfillOptions, of appliances: [Settings.Appliance], now: Int64
    ) throws(InvalidBackfillFlag) -> [String: BackfillRange] {
        let starts = try ledgerStarts(options, appliances)
        var ranges: [String: BackfillRange] = [:]
        for appliance in appliances {
            ranges[appliance.name] = try range(options, appliance, starts[appliance.name], now)
        }
        return ranges
    }

    private static func ledgerStarts(
        _ options: BackfillOptions, _ appliances: [Settings.Appliance]
    ) throws(InvalidBackfillFlag) -> [String: Int64] {
        var starts: [String: Int64] = [:]
        for start in options.ledgerStarts {
            guard let name = start.appliance ?? (appliances.count == 1 ? appliances[0].name : nil) else {
                throw InvalidBackfillFlag(.ledgerStart, "needs APPLIANCE=TIME when there are several appliances")
            }
            guard appliances.contains(where: { $0.name == name }) else {
                throw InvalidBackfillFlag(.ledgerStart, "names an appliance that the configuration does not have")
            }
            guard starts.updateValue(start.milliseconds, forKey: name) == nil else {
                throw InvalidBackfillFlag(.ledgerStart, "names an appliance twice")
            }
        }
        if !starts.isEmpty, let missing = appliances.first(where: { starts[$0.name] == nil }) {
            throw InvalidBackfillFlag(.ledgerStart, "is needed for every appliance or for none", of: missing.name)
        }
        return starts
    }

    private static func range(
        _ options: BackfillOptions, _ appliance: Settings.Appliance, _ ledgerStart: Int64?, _ now: Int64
    ) throws(InvalidBackfillFlag) -> BackfillRange {
        let name = appliance.name
        // The time of the first response: what was created before it is in the first value of the live counter.
        let firstStart = ledgerStart.map { $0 + Int64(appliance.initialLookback * 1_000) }
        let latest = min(now - freshMilliseconds, firstStart.map { $0 - marginMilliseconds } ?? .max)
        let end = options.endMilliseconds ?? latest
        guard end <= now else { throw InvalidBackfillFlag(.end, "is in the future") }
        guard var start = options.startMilliseconds ?? ledgerStart else {
            throw InvalidBackfillFlag(.start, "is needed")
        }
        if let ledgerStart, let firstStart {
            // The metric shows milliseconds, which the operator may have left out.
            if ledgerStart - 1_000 < start && start < ledgerStart { start = ledgerStart }
            guard start <= ledgerStart else {
                throw InvalidBackfillFlag(.start, "must not be later than the ledger's start", of: name)
            }
            guard end >= ledgerStart else {
                throw InvalidBackfillFlag(
                    .end,
                    "\(parenthesized(end, options)) must not be before the ledger's start, \(UTC.text(ledgerStart))",
                    of: name)
            }
            guard end <= firstStart else {
                throw InvalidBackfillFlag(
                    .end,
                    "must not be after the first start of the exporter, \(UTC.text(firstStart)) by the ledger's "
                        + "start and initial_lookback: from then on Prometheus has counts of its own", of: name)
            }
        }
        guard start < end else {
            throw InvalidBackfillFlag(.start, "must be before --end \(parenthesized(end, options))", of: name)
        }
        return BackfillRange(start: start, end: end, step: options.stepMilliseconds, ledgerStart: ledgerStart)
    }

    /// The end in parentheses, with a note when it is a default.
    private static func parenthesized(_ end: Int64, _ options: BackfillOptions) -> String {
        "(\(UTC.text(end))\(options.endMilliseconds == nil ? " by default" : ""))"
    }
}

/// A flag of `backfill` that contradicts another one, the configuration or the clock; the description is one line.
package struct InvalidBackfillFlag: Error, Equatable, CustomStringConvertible {
    package let description: String

    fileprivate enum Flag: String {
        case start, end
        case ledgerStart = "ledger-start"
    }

    fileprivate init(_ flag: Flag, _ problem: String, of appliance: String? = nil) {
        let subject = appliance.map { " (appliance \($0))" } ?? ""
        description = "error: flag '--\(flag.rawValue)' \(problem)\(subject), try --help"
    }
}
