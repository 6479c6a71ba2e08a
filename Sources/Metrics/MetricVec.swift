import Locking

/// A family of counters, gauges or histograms that this process updates; thread-safe.
///
/// Values that the metric type does not allow are ignored: a counter never decreases and never becomes NaN.
package final class MetricVec: Sendable {
    package let descriptor: Descriptor
    private let series = Locked(Groups())
    private let isPerAppliance: Bool
    private let wallSeconds: (@Sendable () -> Double)?

    /// Creates a family without series; `declare(_:)` adds those that are known in advance.
    ///
    /// - Parameter wallSeconds: the clock in Unix seconds for the creation time of a series; nil for no creation times.
    package init(_ descriptor: Descriptor, wallSeconds: (@Sendable () -> Double)? = MetricVec.systemSeconds) {
        self.descriptor = descriptor
        self.wallSeconds = wallSeconds
        isPerAppliance = descriptor.labelNames.first == "appliance"
    }

    /// The series by appliance; those of a family without that label are under the empty name.
    private struct Groups {
        /// The place of each name in the two arrays; it stays when the last series is removed.
        private var places: [String: Int] = [:]
        /// Sorted.
        private(set) var tables: [SeriesTable] = []
        /// The last change of each table; apart from them, because each scrape reads those of all appliances.
        private var revisions: [UInt64] = []
        private var changes: UInt64 = 0
        /// The labels of the last change; kept, so that a lookup allocates nothing.
        var rendered: [UInt8] = []

        var names: some Sequence<String> { places.keys }

        func table(_ name: String) -> SeriesTable { places[name].map { tables[$0] } ?? SeriesTable() }

        func revision(_ name: String) -> UInt64 { places[name].map { revisions[$0] } ?? 0 }

        /// Changes the table of a name.
        ///
        /// - Parameter body: Gets the table and the labels of the last change; returns whether the table is another one
        ///   now.
        mutating func change(_ name: String, _ body: (inout SeriesTable, _ rendered: [UInt8]) -> Bool) {
            let place: Int
            if let known = places[name] {
                place = known
            } else {
                place = tables.count
                places[name] = place
                tables.append(SeriesTable())
                revisions.append(0)
            }
            guard body(&tables[place], rendered) else { return }
            changes += 1
            revisions[place] = changes
        }

        /// Removes the series of a group whose rendered labels start with these.
        mutating func removeSeries(of name: String, startingWith labels: [UInt8]) {
            guard places[name].map({ tables[$0].containsRow(startingWith: labels) }) ?? false else { return }
            removeSeries(of: name) { $0.rendered.starts(with: labels) }
        }

        mutating func removeSeries(of name: String, where matches: (Labels) -> Bool) {
            guard places[name] != nil else { return }
            change(name) { table, _ in
                let rest = table.filter { !matches($0.labels) }
                guard rest.count < table.count else { return false }
                table = SeriesTable(rest)
                return true
            }
        }
    }

    /// The system clock in Unix seconds, with milliseconds.
    package static let systemSeconds: @Sendable () -> Double = { Double(WallClock.milliseconds()) / 1_000 }

    /// Creates the series with the value 0, so that `increase()` sees its first event.
    package func declare(_ labelValues: String...) {
        change(labelValues) { _ in false }
    }

    /// Creates several series of one appliance with the value 0; series that exist are kept.
    ///
    /// The first series of an appliance get a table of the right size at once.
    ///
    /// - Parameter labelSets: The label values of each series, all different, the appliance first.
    package func declare(_ labelSets: [[String]]) {
        guard let first = labelSets.first else { return }
        let name = groupName(of: first)
        let isDone = series.withLock { groups in
            guard groups.table(name).isEmpty else { return false }
            let created = wallSeconds?()
            groups.change(name) { table, _ in
                table = SeriesTable(
                    sorting: labelSets.map {
                        Series(Labels(descriptor.labelNames, $0), descriptor.kind.zero, created: created)
                    })
                return true
            }
            return true
        }
        if !isDone { for labels in labelSets { change(labels) { _ in false } } }
    }

    /// Adds to a counter or gauge.
    package func add(_ amount: Double = 1, _ labelValues: String...) {
        guard descriptor.kind != .counter || amount >= 0 else { return }
        change(labelValues) { value in
            guard case .number(let number, let exemplar) = value else { return false }
            value = .number(number + amount, exemplar)
            return amount != 0
        }
    }

    /// Sets a gauge.
    package func set(_ number: Double, _ labelValues: String...) {
        change(labelValues) { value in
            guard case .number(let last, let exemplar) = value else { return false }
            value = .number(number, exemplar)
            return number.bitPattern != last.bitPattern
        }
    }

    /// Counts one observation of a histogram.
    package func observe(_ number: Double, _ labelValues: String...) {
        guard case .histogram(let bounds) = descriptor.kind, !number.isNaN else { return }
        change(labelValues) { value in
            guard case .histogram(var distribution) = value else { return false }
            distribution.counts[bounds.firstIndex { number <= $0 } ?? bounds.count] += 1
            distribution.sum += number
            value = .histogram(distribution)
            return true
        }
    }

    /// Removes a series.
    package func remove(_ labelValues: String...) {
        let name = groupName(of: labelValues)
        var labels: [UInt8] = []
        labels.append(labels: descriptor.labelNames[...], labelValues)
        series.withLock { $0.removeSeries(of: name, startingWith: labels) }
    }

    /// Removes every series whose label values match.
    package func removeAll(where matches: ([String]) -> Bool) {
        series.withLock { groups in
            for name in groups.names {
                groups.removeSeries(of: name) { matches($0.pairs.map(\.value)) }
            }
        }
    }

    /// Removes the series of one appliance whose next label values are these; without any, all of its series. It is cheap
    /// if there are none.
    package func removeAll(of appliance: String, _ further: String...) {
        var labels: [UInt8] = []
        labels.append(labels: descriptor.labelNames.prefix(further.count + 1), [appliance] + further)
        series.withLock { $0.removeSeries(of: appliance, startingWith: labels) }
    }

    /// The current state of the family.
    package func collect() -> MetricFamily {
        var family = MetricFamily(descriptor)
        family.tables = series.withLock { $0.tables.filter { !$0.isEmpty } }
        return family
    }

    /// The current series of one appliance.
    package func collect(_ appliance: String) -> MetricFamily {
        MetricFamily(descriptor, series.withLock { $0.table(appliance) })
    }

    /// Increases with each change of a series of the appliance, and never decreases.
    package func revision(of appliance: String) -> UInt64 {
        series.withLock { $0.revision(appliance) }
    }

    private func groupName(of labelValues: [String]) -> String { isPerAppliance ? labelValues.first ?? "" : "" }

    /// Changes a series, or creates it with the value 0 and changes that.
    ///
    /// - Parameter body: Returns whether the value is another one now: what polls set again costs scrapes nothing.
    private func change(_ labelValues: [String], _ body: (inout Series.Value) -> Bool) {
        let name = groupName(of: labelValues)
        series.withLock { groups in
            groups.rendered.removeAll(keepingCapacity: true)
            groups.rendered.append(labels: descriptor.labelNames[...], labelValues)
            groups.change(name) { table, rendered in
                guard let row = table.row(of: rendered) else {
                    var value = descriptor.kind.zero
                    _ = body(&value)
                    table.insert(Series(Labels(descriptor.labelNames, labelValues), value, created: wallSeconds?()))
                    return true
                }
                var value = table.value(row)
                guard body(&value) else { return false }
                table.set(value, row: row)
                return true
            }
        }
    }
}

extension MetricType {
    /// The value of a series before its first event.
    package var zero: Series.Value {
        guard case .histogram(let bounds) = self else { return .number(0) }
        return .histogram(HistogramValue(counts: Array(repeating: 0, count: bounds.count + 1), sum: 0))
    }
}
