extension MetricType {
    /// Whether a value may be written under this kind.
    ///
    /// A counter is never negative or NaN, and neither are the counts and the sum of a histogram: a series that breaks
    /// this is left out, because one such line makes a scraper refuse the whole body.
    func admits(_ value: Series.Value) -> Bool {
        switch (self, value) {
        case (.counter, .number(let value, _)): value >= 0
        case (.stateSet, .number(let value, _)): value == 0 || value == 1
        case (.gauge, .number), (.unknown, .number), (.info, .number): true
        case (.histogram(let bounds), .histogram(let distribution)):
            distribution.counts.count == bounds.count + 1
                && distribution.counts.allSatisfy { $0 >= 0 && $0.isFinite }
                && (distribution.sum >= 0 || (bounds.first ?? 0) < 0)
        case (.histogram, .number), (_, .histogram): false
        }
    }
}
