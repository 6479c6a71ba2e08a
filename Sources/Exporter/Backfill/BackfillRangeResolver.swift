package import Collector
package import Configuration

/// Finds the stretch of each appliance that an order means.
package enum BackfillRangeResolver {
    /// Prometheus may still be writing down what is younger, so promtool writes nothing of it either.
    package static let freshMilliseconds: Int64 = 3 * 3_600_000
    /// How long before the first start of an exporter its past is left to what it has counted itself: a breach that the
    /// appliance listed late must not be in the past alone.
    private static let marginMilliseconds: Int64 = 3_600_000

    /// By the names of the appliances.
    ///
    /// - Parameter now: In milliseconds since 1970.
    package static func stretches(
        _ order: BackfillOptions, of appliances: [Settings.Appliance], now: Int64
    ) throws(InvalidBackfillFlag) -> [String: BackfillRange] {
        let starts = try ledgerStarts(order, appliances)
        var stretches: [String: BackfillRange] = [:]
        for appliance in appliances {
            stretches[appliance.name] = try stretch(order, appliance, starts[appliance.name], now)
        }
        return stretches
    }

    private static func ledgerStarts(
        _ order: BackfillOptions, _ appliances: [Settings.Appliance]
    ) throws(InvalidBackfillFlag) -> [String: Int64] {
        var starts: [String: Int64] = [:]
        for start in order.ledgerStarts {
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
        if !starts.isEmpty, let forgotten = appliances.first(where: { starts[$0.name] == nil }) {
            throw InvalidBackfillFlag(.ledgerStart, "is needed for every appliance or for none", of: forgotten.name)
        }
        return starts
    }

    private static func stretch(
        _ order: BackfillOptions, _ appliance: Settings.Appliance, _ ledgerStart: Int64?, _ now: Int64
    ) throws(InvalidBackfillFlag) -> BackfillRange {
        let name = appliance.name
        // When the first answer came: what was created before it is in the first value of the live counter.
        let firstStart = ledgerStart.map { $0 + Int64(appliance.initialLookback * 1_000) }
        let latest = min(now - freshMilliseconds, firstStart.map { $0 - marginMilliseconds } ?? .max)
        let end = order.endMilliseconds ?? latest
        guard end <= now else { throw InvalidBackfillFlag(.end, "is in the future") }
        guard var start = order.startMilliseconds ?? ledgerStart else {
            throw InvalidBackfillFlag(.start, "is needed")
        }
        if let ledgerStart, let firstStart {
            // A metric shows milliseconds, and a person may leave them away.
            if ledgerStart - 1_000 < start && start < ledgerStart { start = ledgerStart }
            guard start <= ledgerStart else {
                throw InvalidBackfillFlag(.start, "must not be later than the ledger's start", of: name)
            }
            guard end >= ledgerStart else {
                throw InvalidBackfillFlag(
                    .end, "\(shown(end, order)) must not be before the ledger's start, \(UTC.text(ledgerStart))",
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
            throw InvalidBackfillFlag(.start, "must be before --end \(shown(end, order))", of: name)
        }
        return BackfillRange(start: start, end: end, step: order.stepMilliseconds, ledgerStart: ledgerStart)
    }

    /// The end, which a reader may not have given himself.
    private static func shown(_ end: Int64, _ order: BackfillOptions) -> String {
        "(\(UTC.text(end))\(order.endMilliseconds == nil ? " if not given" : ""))"
    }
}

/// A flag of `backfill` that does not fit the others, the configuration or the clock; its description is one line.
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
