import Darktrace
import Metrics

/// The breaches of an appliance that were created in a stretch of time: each once, in 32 bytes.
package struct BackfillHistory: Sendable {
    package let appliance: String
    package let stretch: BackfillRange
    private(set) var points: [BreachPoint] = []
    private(set) var series: [Key] = []
    private var indices: [Key: Int32] = [:]

    /// One breach.
    struct BreachPoint: Sendable, Equatable {
        /// Its creation, else its activity, in milliseconds since 1970.
        let time: Int64
        /// Not a number when it has none.
        let score: Double
        /// Creation minus activity in milliseconds, if both are known, else `unknown`.
        let delay: Int64
        /// An index into `series`.
        let series: Int32

        static let unknown: Int64 = -1
    }

    /// What a breach is counted under.
    struct Key: Sendable, Hashable {
        let model: ExactText
        let category: Category
    }

    init(of appliance: String, over stretch: BackfillRange) {
        self.appliance = appliance
        self.stretch = stretch
    }

    /// How many breaches there are.
    package var count: Int { points.count }

    /// Takes records that it has not had before, as far as they belong to the stretch.
    mutating func take(_ records: [BreachBatch.Entry], models: [String], bound: ModelLimit) {
        // Whoever has counted them has given out their labels; asked again, it gives the same.
        var bound = bound
        for record in records where stretch.contains(record.time) {
            let model = bound.assignLabel(for: models[Int(record.model)])
            let isDelayKnown =
                record.creation != BreachBatch.Entry.missing && record.activity != BreachBatch.Entry.missing
            points.append(
                BreachPoint(
                    time: record.time, score: record.score,
                    delay: isDelayKnown ? max(0, record.creation - record.activity) : BreachPoint.unknown,
                    series: index(of: Key(model: ExactText(model), category: record.category))))
        }
    }

    private mutating func index(of key: Key) -> Int32 {
        if let known = indices[key] { return known }
        let index = Int32(truncatingIfNeeded: series.count)
        series.append(key)
        indices[key] = index
        return index
    }

    /// Brings the breaches of each series together, the earliest first.
    mutating func sortBySeries() { points.sort { ($0.series, $0.time) < ($1.series, $1.time) } }

    /// Brings the breaches in the order of their times.
    mutating func sortByTime() { points.sort { $0.time < $1.time } }
}
