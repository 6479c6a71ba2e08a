import Glibc
import Locking

/// A family of counters, gauges or histograms that this process updates; thread-safe.
///
/// Values that the metric type does not allow are ignored: a counter never decreases and never becomes NaN.
package final class MetricVec: Sendable {
    package let descriptor: Descriptor
    private let series: Locked<[[String]: Series]>
    private let wallSeconds: (@Sendable () -> Double)?

    /// Creates a family without series; `declare(_:)` adds those that are known in advance.
    ///
    /// - Parameter wallSeconds: the clock in Unix seconds for the creation time of a series; nil for no creation times.
    package init(_ descriptor: Descriptor, wallSeconds: (@Sendable () -> Double)? = MetricVec.systemSeconds) {
        self.descriptor = descriptor
        self.wallSeconds = wallSeconds
        series = Locked([:])
    }

    /// The system clock in Unix seconds, with milliseconds.
    package static let systemSeconds: @Sendable () -> Double = {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Double(Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000) / 1_000
    }

    /// Creates the series with the value 0, so that `increase()` sees its first event.
    package func declare(_ labelValues: String...) {
        change(labelValues) { _ in }
    }

    /// Adds to a counter or gauge.
    package func add(_ amount: Double = 1, _ labelValues: String...) {
        guard descriptor.kind != .counter || amount >= 0 else { return }
        change(labelValues) { series in
            guard case .number(let value, let exemplar) = series.value else { return }
            series.value = .number(value + amount, exemplar)
        }
    }

    /// Sets a gauge.
    package func set(_ value: Double, _ labelValues: String...) {
        change(labelValues) { series in
            guard case .number(_, let exemplar) = series.value else { return }
            series.value = .number(value, exemplar)
        }
    }

    /// Counts one observation of a histogram.
    package func observe(_ value: Double, _ labelValues: String...) {
        guard case .histogram(let bounds) = descriptor.kind, !value.isNaN else { return }
        change(labelValues) { series in
            guard case .histogram(var distribution) = series.value else { return }
            distribution.counts[bounds.firstIndex { value <= $0 } ?? bounds.count] += 1
            distribution.sum += value
            series.value = .histogram(distribution)
        }
    }

    /// Removes a series.
    package func remove(_ labelValues: String...) {
        series.withLock { _ = $0.removeValue(forKey: labelValues) }
    }

    /// Removes every series whose label values match.
    package func removeAll(where matches: ([String]) -> Bool) {
        series.withLock { all in
            for key in all.keys where matches(key) { all.removeValue(forKey: key) }
        }
    }

    /// The current state of the family.
    package func collect() -> MetricFamily {
        MetricFamily(descriptor, series.withLock { Array($0.values) })
    }

    private func change(_ labelValues: [String], _ body: (inout Series) -> Void) {
        series.withLock { all in
            var one =
                all[labelValues]
                ?? Series(Labels(descriptor.labelNames, labelValues), descriptor.kind.zero, created: wallSeconds?())
            body(&one)
            all[labelValues] = one
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
