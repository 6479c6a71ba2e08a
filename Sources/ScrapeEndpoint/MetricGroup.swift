package import Metrics

/// Families that change together: those of one appliance, or those of the exporter itself.
package struct MetricGroup: Sendable {
    /// Sorts the series of one family: the appliance's name, or empty for the exporter itself.
    package let name: String
    /// Equal revisions of a group promise equal families; nil promises nothing.
    package let revision: UInt64?
    /// The families at one instant; it must see each commit whole.
    package let families: @Sendable () -> [MetricFamily]

    package init(_ name: String, revision: UInt64? = nil, families: @escaping @Sendable () -> [MetricFamily]) {
        self.name = name
        self.revision = revision
        self.families = families
    }
}
