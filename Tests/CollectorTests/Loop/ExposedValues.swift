import Metrics

extension [MetricFamily] {
    /// The numbers by name and the labels that follow `appliance`; without histograms.
    var exposedValues: [String: Double] {
        var values: [String: Double] = [:]
        for family in self {
            for series in family.series {
                guard case .number(let value, _) = series.value else { continue }
                let labels = series.labels.texts.dropFirst().joined(separator: ",")
                values["\(family.descriptor.name){\(labels)}"] = value
            }
        }
        return values
    }

    /// The number of observations of each series of a histogram, in the same form.
    var exposedObservations: [String: Double] {
        var values: [String: Double] = [:]
        for family in self {
            for series in family.series {
                guard case .histogram(let distribution) = series.value else { continue }
                let labels = series.labels.texts.dropFirst().joined(separator: ",")
                values["\(family.descriptor.name){\(labels)}"] = distribution.counts.reduce(0, +)
            }
        }
        return values
    }
}

extension Labels {
    /// The values in the order of the names, still escaped.
    var texts: [String] {
        var texts: [String] = []
        var rest = rendered
        while let quote = rest.firstIndex(of: UInt8(ascii: "\"")) {
            let start = quote + 1
            var end = start
            while end < rest.endIndex, rest[end] != UInt8(ascii: "\"") {
                end += rest[end] == UInt8(ascii: "\\") ? 2 : 1
            }
            texts.append(String(decoding: rest[start..<Swift.min(end, rest.endIndex)], as: UTF8.self))
            rest = rest[Swift.min(end + 1, rest.endIndex)...]
        }
        return texts
    }
}
