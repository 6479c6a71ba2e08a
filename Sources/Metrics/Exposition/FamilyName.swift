extension Descriptor {
    /// The name without the suffix of its samples: what OpenMetrics calls the family.
    package var familyName: String {
        switch kind {
        case .counter: String(name.dropLast("_total".count))
        case .info: String(name.dropLast("_info".count))
        case .gauge, .histogram, .stateSet, .unknown: name
        }
    }

    /// The base unit that the family's name ends in, if any; info and state families have none.
    package var unit: String? {
        guard kind != .info, kind != .stateSet else { return nil }
        let name = familyName
        return Self.units.first { name.utf8.count > $0.utf8.count + 1 && name.hasSuffix("_\($0)") }
    }

    /// Every name that samples or metadata of the family may bear in either format; no two families may share one.
    var claimedNames: [String] {
        let suffixes: [String] =
            switch kind {
            case .counter: ["", "_total", "_created"]
            case .histogram: ["", "_bucket", "_sum", "_count", "_created"]
            case .info: ["", "_info"]
            case .gauge, .stateSet, .unknown: [""]
            }
        return suffixes.map { familyName + $0 }
    }

    /// The base units of the Prometheus naming conventions.
    private static let units = [
        "seconds", "bytes", "ratio", "celsius", "meters", "volts", "amperes", "joules", "grams", "watts",
    ]
}
