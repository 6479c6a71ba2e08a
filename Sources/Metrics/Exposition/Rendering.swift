/// The writing of an exposition, which may stop after any series so that a large one passes through a small buffer.
package struct Rendering {
    private let families: [Family]
    private let syntax: Syntax
    private let withCreated: Bool
    private var family = 0
    private var series = 0
    /// The encoder of the family that is being written; nil before its first series that may be written.
    private var encoder: (any FamilyEncoder)?

    /// Begins at the first family; `_created` lines are written only where asked for and known.
    package init(_ exposition: Exposition, as syntax: Syntax, withCreated: Bool) {
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
            while series < current.series.count {
                if bytes.count >= size { return true }
                write(current.series[series], of: current.descriptor, to: &bytes)
                series += 1
            }
            family += 1
            series = 0
            encoder = nil
        }
        return false
    }

    private mutating func write(_ one: Series, of descriptor: Descriptor, to bytes: inout [UInt8]) {
        guard descriptor.kind.admits(one.value) else { return }
        if let encoder { return encoder.write(one, to: &bytes) }
        let encoder = syntax.encoder(of: descriptor, withCreated: withCreated)
        encoder.writeMetadata(to: &bytes)
        encoder.write(one, to: &bytes)
        self.encoder = encoder
    }
}
