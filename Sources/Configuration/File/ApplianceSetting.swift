/// A key that may stand in `global` and in an appliance, with its range.
struct ApplianceSetting: Sendable {
    let key: String
    private let kind: Kind

    private enum Kind: Sendable {
        case duration(any WritableKeyPath<Settings.Appliance, Double> & Sendable, ClosedRange<Double>)
        /// The same, or 0 for never.
        case interval(any WritableKeyPath<Settings.Appliance, Double> & Sendable, ClosedRange<Double>)
        case count(any WritableKeyPath<Settings.Appliance, Int> & Sendable, ClosedRange<Int>)
    }

    private static let day = 86_400.0

    /// The ledger keeps ids for 30 days or four times the widest window, so windows end somewhere; a year is what the
    /// appliance itself sends at most.
    static let all = [
        ApplianceSetting(key: "poll_interval", kind: .duration(\.pollInterval, 1...day)),
        ApplianceSetting(key: "status_interval", kind: .interval(\.statusInterval, 1...day)),
        ApplianceSetting(key: "poll_timeout", kind: .duration(\.pollTimeout, 0.1...600)),
        ApplianceSetting(key: "overlap", kind: .duration(\.overlap, 0...7 * day)),
        ApplianceSetting(key: "initial_lookback", kind: .duration(\.initialLookback, 0...365 * day)),
        ApplianceSetting(key: "recheck_interval", kind: .duration(\.recheckInterval, 1...7 * day)),
        ApplianceSetting(key: "recheck_window", kind: .duration(\.recheckWindow, 1...30 * day)),
        ApplianceSetting(key: "requests_per_minute", kind: .count(\.requestsPerMinute, 1...6_000)),
        ApplianceSetting(key: "max_models", kind: .count(\.maxModels, 1...100_000)),
        ApplianceSetting(key: "new_series_hold", kind: .duration(\.newSeriesHold, 0...3_600)),
    ]

    /// A value that was written, ready to be put into any number of appliances.
    enum Value {
        case duration(WritableKeyPath<Settings.Appliance, Double>, Double)
        case count(WritableKeyPath<Settings.Appliance, Int>, Int)

        func apply(to appliance: inout Settings.Appliance) {
            switch self {
            case .duration(let path, let seconds): appliance[keyPath: path] = seconds
            case .count(let path, let number): appliance[keyPath: path] = number
            }
        }
    }

    /// The values that this mapping sets.
    static func values(in section: MappingReader) throws(ConfigurationError) -> [Value] {
        var values: [Value] = []
        for tuning in all {
            guard let field = section.field(tuning.key) else { continue }
            switch tuning.kind {
            case .duration(let path, let range): values.append(.duration(path, try field.duration(range)))
            case .interval(let path, let range): values.append(.duration(path, try field.interval(range)))
            case .count(let path, let range): values.append(.count(path, try field.count(range)))
            }
        }
        return values
    }
}
