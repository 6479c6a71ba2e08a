/// The writing of an exposition, which may stop after any series so that a large one passes through a small buffer.
package struct ExpositionWriter {
    private let families: [MetricFamily]
    private let syntax: TextFormat
    private let withCreated: Bool
    private var family = 0
    private var table = 0
    private var row = 0
    /// The encoder of the family that is being written.
    private var encoder: (any FamilyEncoder)?

    /// Begins at the first family; `_created` lines are written only where asked for and known.
    package init(_ exposition: Exposition, as syntax: TextFormat, withCreated: Bool) {
        families = exposition.families
        self.syntax = syntax
        self.withCreated = withCreated
    }

    /// Appends lines until there are at least so many bytes, or no more lines; false when all are written.
    ///
    /// The end of the format (`# EOF`) is not written: another part of the body may follow.
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

    /// Writes the metadata, unless there is no series that may follow them.
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
