/// Families in the order and the company in which they may be written.
package struct Exposition: Sendable {
    /// Sorted by name, each with sorted series; no two share a name of a sample in either format.
    package let families: [MetricFamily]
    /// The names that these families take.
    package let claimedNames: Set<String>

    /// Merges and sorts; a family whose names clash with those taken, or with an earlier family's, is left out.
    ///
    /// - Parameter taken: the names of another exposition that is written before this one in the same body.
    package init(_ families: [MetricFamily], besides taken: Set<String> = []) {
        var claimed: Set<String> = []
        self.families = families.merged().filter { family in
            let names = family.descriptor.claimedNames
            guard names.allSatisfy({ !claimed.contains($0) && !taken.contains($0) }) else { return false }
            claimed.formUnion(names)
            return true
        }
        claimedNames = claimed
    }

    /// The whole body, its end included, for one that is not served in parts.
    package func body(as syntax: TextFormat, withCreated: Bool = false) -> [UInt8] {
        var bytes: [UInt8] = []
        var rendering = ExpositionWriter(self, as: syntax, withCreated: withCreated)
        while rendering.write(to: &bytes, atLeast: .max) {}
        return bytes + syntax.end
    }
}
