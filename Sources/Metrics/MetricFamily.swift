/// All series of one name at one instant: what an exposition format writes.
package struct MetricFamily: Sendable {
    package let descriptor: Descriptor
    /// In any order; encoders sort. Tables are shared, not copied, when families are merged.
    package var tables: [SeriesTable]

    package init(_ descriptor: Descriptor, _ series: [Series] = []) {
        self.init(descriptor, SeriesTable(series))
    }

    /// A family of many series, which stand in a table already.
    package init(_ descriptor: Descriptor, _ table: SeriesTable) {
        self.descriptor = descriptor
        tables = table.isEmpty ? [] : [table]
    }

    /// All series as values of their own, which takes ten times the memory of the tables: for few of them.
    package var series: [Series] { tables.flatMap { $0 } }
}

extension MetricFamily: Equatable {
    /// Equal families have the same series in the same order, in whatever tables.
    package static func == (left: MetricFamily, right: MetricFamily) -> Bool {
        left.descriptor == right.descriptor && left.tables.joined().elementsEqual(right.tables.joined())
    }
}
