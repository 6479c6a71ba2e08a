/// One series: its labels and its current value.
package struct Series: Sendable, Equatable {
    package let labels: Labels
    package var value: Value
    /// Creation time in Unix seconds; written only in `_created` lines.
    package var created: Double?

    package init(_ labels: Labels, _ value: Value, created: Double? = nil) {
        self.labels = labels
        self.value = value
        self.created = created
    }

    /// The value of a series, by the type of its family.
    package enum Value: Sendable, Equatable {
        /// A counter (with the newest exemplar), a gauge or an info metric.
        case number(Double, Exemplar? = nil)
        case histogram(HistogramValue)
    }
}

/// The observations of a histogram.
package struct HistogramValue: Sendable, Equatable {
    /// Observations per bucket, *not* cumulative: one element per bound of the descriptor, then `+Inf`.
    package var counts: [Double]
    package var sum: Double
    /// The newest exemplar of each bucket; empty, or as long as `counts`.
    package var exemplars: [Exemplar?]

    package init(counts: [Double], sum: Double, exemplars: [Exemplar?] = []) {
        self.counts = counts
        self.sum = sum
        self.exemplars = exemplars
    }

    /// All observations.
    package var count: Double { counts.reduce(0, +) }
}

/// An OpenMetrics exemplar: one observation that a sample refers to.
package struct Exemplar: Sendable, Equatable {
    package let labels: Labels
    package let value: Double
    /// Unix seconds.
    package let timestamp: Double?

    package init(labels: Labels, value: Double, timestamp: Double?) {
        self.labels = labels
        self.value = value
        self.timestamp = timestamp
    }
}
