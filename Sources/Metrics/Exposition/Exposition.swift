/// Families that may be written into one body: merged, sorted, without clashing names.
package struct Exposition: Sendable {
    /// Sorted by name, each with sorted series; no two share a name of a sample in either format.
    package let families: [MetricFamily]
    /// All names of samples and metadata of these families.
    package let claimedNames: Set<String>

    /// Merges and sorts families, and leaves out a family whose names clash with `taken` or with an earlier family.
    ///
    /// - Parameter taken: the names of an exposition that is written before this one in the same body.
    package init(_ families: [MetricFamily], excluding taken: Set<String> = []) {
        var claimed: Set<String> = []
        self.families = families.merged().filter { family in
            let names = family.descriptor.claimedNames
            guard names.allSatisfy({ !claimed.contains($0) && !taken.contains($0) }) else { return false }
            claimed.formUnion(names)
            return true
        }
        claimedNames = claimed
    }

    /// The complete body with the end of the format.
    package func body(as syntax: TextFormat, withCreated: Bool = false) -> [UInt8] {
        var bytes: [UInt8] = []
        var rendering = ExpositionWriter(self, as: syntax, withCreated: withCreated)
        while rendering.write(to: &bytes, atLeast: .max) {}
        return bytes + syntax.end
    }
}

/// Writes an exposition; it may stop after any series, so that a large body passes through a small buffer.
package struct ExpositionWriter {
    private let families: [MetricFamily]
    private let syntax: TextFormat
    private let withCreated: Bool
    private var family = 0
    private var table = 0
    private var row = 0
    /// The encoder of the family that is being written.
    private var encoder: (any FamilyEncoder)?

    /// Starts at the first family; writes `_created` lines if `withCreated` and where the time is known.
    package init(_ exposition: Exposition, as syntax: TextFormat, withCreated: Bool) {
        families = exposition.families
        self.syntax = syntax
        self.withCreated = withCreated
    }

    /// Appends lines until `bytes` has at least `size` bytes or all lines are written; false when all are written.
    ///
    /// Does not write the end of the format (`# EOF`): another part of the body may follow.
    package mutating func write(to bytes: inout [UInt8], atLeast size: Int) -> Bool {
        while family < families.count {
            let current = families[family]
            if encoder == nil { begin(current, to: &bytes) }
            while table < current.tables.count {
                encoder?.write(current.tables[table], from: &row, to: &bytes, atLeast: size)
                if row < current.tables[table].count { return true }
                table += 1
                row = 0
            }
            family += 1
            table = 0
            encoder = nil
        }
        return false
    }

    /// Writes the metadata of a family, unless it has no series that may be written.
    private mutating func begin(_ current: MetricFamily, to bytes: inout [UInt8]) {
        let kind = current.descriptor.kind
        for (number, one) in current.tables.enumerated() {
            guard let first = one.firstIndex(where: { kind.admits($0.value) }) else { continue }
            table = number
            row = first
            let encoder = syntax.encoder(of: current.descriptor, withCreated: withCreated)
            encoder.writeMetadata(to: &bytes)
            self.encoder = encoder
            return
        }
        table = current.tables.count
    }
}

/// Writes parts of one family, for a body that is put together from parts.
package struct FamilyWriter {
    private let encoder: any FamilyEncoder

    /// - Parameter withCreated: Writes `_created` lines where the format has them and the time is known.
    package init(_ descriptor: Descriptor, as syntax: TextFormat, withCreated: Bool) {
        encoder = syntax.encoder(of: descriptor, withCreated: withCreated)
    }

    /// Appends the lines that begin with `#`; a family without samples has none.
    package func writeMetadata(to bytes: inout [UInt8]) { encoder.writeMetadata(to: &bytes) }

    /// Appends the lines of all series whose value the type admits.
    package func write(_ table: SeriesTable, to bytes: inout [UInt8]) {
        var row = 0
        encoder.write(table, from: &row, to: &bytes, atLeast: .max)
    }
}

extension Descriptor {
    /// Whether a table has a series whose value the type admits.
    package func hasSamples(_ table: SeriesTable) -> Bool { table.hasSamples(of: kind) }
}

/// The supported text formats.
package enum TextFormat: Sendable, Hashable, CaseIterable {
    /// The Prometheus text format 0.0.4.
    case text
    /// OpenMetrics 1.0.
    case openMetrics

    /// The end of a body, after the last family.
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

/// Writes one family in one format; `init` prepares what all series share.
protocol FamilyEncoder {
    var kind: MetricType { get }
    /// The line of a series with a number.
    var line: SampleLine { get }
    /// Whether numbers are written with exemplars, and with creation times.
    var numberParts: (exemplars: Bool, created: Bool) { get }
    /// Writes the lines that begin with `#`.
    func writeMetadata(to bytes: inout [UInt8])
    /// Writes all lines of a series whose value the type admits.
    func write(_ series: Series, to bytes: inout [UInt8])
    /// Writes series from `row` on until `bytes` has at least `size` bytes or no series is left; advances `row`.
    func write(_ table: SeriesTable, from row: inout Int, to bytes: inout [UInt8], atLeast size: Int)
}

extension FamilyEncoder {
    /// A protocol requirement, so that the loop is specialized for each encoder.
    func write(_ table: SeriesTable, from row: inout Int, to bytes: inout [UInt8], atLeast size: Int) {
        let parts = numberParts
        let isWritten =
            kind.hasNumbers
            && table.writeNumbers(
                of: kind, with: line, exemplars: parts.exemplars, created: parts.created, from: &row, to: &bytes,
                atLeast: size)
        if isWritten { return }
        while row < table.count, bytes.count < size {
            let series = table[row]
            if kind.admits(series.value) { write(series, to: &bytes) }
            row += 1
        }
    }
}
