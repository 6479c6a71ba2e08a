/// The two ways to write the same families.
package enum TextFormat: Sendable, Hashable, CaseIterable {
    /// The Prometheus text format 0.0.4.
    case text
    /// OpenMetrics 1.0.
    case openMetrics

    /// What stands after the last family, once.
    package var end: [UInt8] {
        switch self {
        case .text: []
        case .openMetrics: Array("# EOF\n".utf8)
        }
    }

    func encoder(of descriptor: Descriptor, withCreated: Bool) -> any FamilyEncoder {
        switch self {
        case .text: TextEncoder(descriptor)
        case .openMetrics: OpenMetricsEncoder(descriptor, withCreated: withCreated)
        }
    }
}

/// Writes one family in one format; everything that its series share is prepared when it is made.
protocol FamilyEncoder {
    var kind: MetricType { get }
    /// Writes the lines that begin with `#`.
    func writeMetadata(to bytes: inout [UInt8])
    /// Writes all lines of a series whose value the kind admits.
    func write(_ series: Series, to bytes: inout [UInt8])
    /// Writes the series from a row on, until there are so many bytes or no more series; moves the row.
    func write(_ table: SeriesTable, from row: inout Int, to bytes: inout [UInt8], atLeast size: Int)
}

extension FamilyEncoder {
    /// The loop is a requirement, so that it is compiled for each encoder by itself.
    func write(_ table: SeriesTable, from row: inout Int, to bytes: inout [UInt8], atLeast size: Int) {
        while row < table.count, bytes.count < size {
            let series = table[row]
            if kind.admits(series.value) { write(series, to: &bytes) }
            row += 1
        }
    }
}
