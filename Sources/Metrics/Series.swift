/// One series: its labels and its value now.
package struct Series: Sendable, Equatable {
    package let labels: Labels
    package var value: Value
    /// When the series began, in Unix seconds; written only when `_created` lines are asked for.
    package var created: Double?

    package init(_ labels: Labels, _ value: Value, created: Double? = nil) {
        self.labels = labels
        self.value = value
        self.created = created
    }

    /// What a series holds, by the kind of its family.
    package enum Value: Sendable, Equatable {
        /// A counter (with the newest exemplar), a gauge, info, state or unknown.
        case number(Double, Exemplar? = nil)
        case histogram(HistogramValue)
    }
}

/// What a histogram has observed.
package struct HistogramValue: Sendable, Equatable {
    /// Observations per bucket, *not* cumulated: one per bound of the descriptor, then the one of `+Inf`.
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

/// One observation behind a number, so that a click on a graph leads to it.
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
