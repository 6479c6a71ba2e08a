import Glibc
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
        var byName: [String: Group] = [:]
        /// The last change of each group; apart from them, because each scrape reads those of all appliances.
        var revisions: [String: UInt64] = [:]
        var changes: UInt64 = 0
        /// The change that last removed all series of a name.
        var removal: UInt64 = 0

        mutating func removeSeries(of name: String, where matches: ([String]) -> Bool) {
            guard let group = byName[name] else { return }
            let rest = group.series.filter { !matches($0.key) }
            guard rest.count < group.series.count else { return }
            changes += 1
            byName[name] = rest.isEmpty ? nil : Group(series: rest)
            revisions[name] = rest.isEmpty ? nil : changes
            if rest.isEmpty { removal = changes }
        }
    }

    private struct Group {
        var series: [[String]: Series] = [:]
        /// The series sorted by labels; nil after a change.
        var sorted: SeriesTable?

        mutating func add(_ new: Series, _ labelValues: [String]) {
            series[labelValues] = new
            sorted = nil
        }
    }

    /// The system clock in Unix seconds, with milliseconds.
    package static let systemSeconds: @Sendable () -> Double = {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Double(Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000) / 1_000
    }

    /// Creates the series with the value 0, so that `increase()` sees its first event.
    package func declare(_ labelValues: String...) {
        change(labelValues) { _ in false }
    }

    /// Adds to a counter or gauge.
    package func add(_ amount: Double = 1, _ labelValues: String...) {
        guard descriptor.kind != .counter || amount >= 0 else { return }
        change(labelValues) { series in
            guard case .number(let value, let exemplar) = series.value else { return false }
            series.value = .number(value + amount, exemplar)
            return amount != 0
        }
    }

    /// Sets a gauge.
    package func set(_ value: Double, _ labelValues: String...) {
        change(labelValues) { series in
            guard case .number(let last, let exemplar) = series.value else { return false }
            series.value = .number(value, exemplar)
            return value.bitPattern != last.bitPattern
        }
    }

    /// Counts one observation of a histogram.
    package func observe(_ value: Double, _ labelValues: String...) {
        guard case .histogram(let bounds) = descriptor.kind, !value.isNaN else { return }
        change(labelValues) { series in
            guard case .histogram(var distribution) = series.value else { return false }
            // Otherwise the counts have two owners, and are copied.
            series.value = .number(0)
            distribution.counts[bounds.firstIndex { value <= $0 } ?? bounds.count] += 1
            distribution.sum += value
            series.value = .histogram(distribution)
            return true
        }
    }

    /// Removes a series.
    package func remove(_ labelValues: String...) {
        let name = groupName(of: labelValues)
        series.withLock { $0.removeSeries(of: name) { $0 == labelValues } }
    }

    /// Removes every series whose label values match.
    package func removeAll(where matches: ([String]) -> Bool) {
        series.withLock { groups in
            for name in groups.byName.keys { groups.removeSeries(of: name, where: matches) }
        }
    }

    /// Removes the series of one appliance whose label values match; the series of others cost nothing.
    package func removeAll(of appliance: String, where matches: ([String]) -> Bool = { _ in true }) {
        series.withLock { $0.removeSeries(of: appliance, where: matches) }
    }

    /// The current state of the family.
    package func collect() -> MetricFamily {
        MetricFamily(descriptor, series.withLock { $0.byName.values.flatMap(\.series.values) })
    }

    /// The current series of one appliance.
    package func collect(_ appliance: String) -> MetricFamily {
        let table = series.withLock { groups in
            guard let group = groups.byName[appliance] else { return SeriesTable() }
            if let sorted = group.sorted { return sorted }
            // Most scrapes find most families of an appliance as they were.
            let sorted = SeriesTable(sorting: group.series.values)
            groups.byName[appliance]?.sorted = sorted
            return sorted
        }
        return MetricFamily(descriptor, table)
    }

    /// Increases with each change of a series of the appliance, and never decreases.
    package func revision(of appliance: String) -> UInt64 {
        series.withLock { $0.revisions[appliance] ?? $0.removal }
    }

    private func groupName(of labelValues: [String]) -> String { isPerAppliance ? labelValues.first ?? "" : "" }

    /// Changes a series, or creates it with the value 0 and changes that.
    ///
    /// - Parameter body: Returns whether the value is another one now: what polls set again costs scrapes nothing.
    private func change(_ labelValues: [String], _ body: (inout Series) -> Bool) {
        let name = groupName(of: labelValues)
        series.withLock { groups in
            if let group = groups.byName.index(forKey: name),
                let place = groups.byName.values[group].series.index(forKey: labelValues)
            {
                guard body(&groups.byName.values[group].series.values[place]) else { return }
                groups.byName.values[group].sorted = nil
            } else {
                var new = Series(
                    Labels(descriptor.labelNames, labelValues), descriptor.kind.zero, created: wallSeconds?())
                _ = body(&new)
                groups.byName[name, default: Group()].add(new, labelValues)
            }
            groups.changes += 1
            groups.revisions[name] = groups.changes
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
