import Ledger
import Metrics

/// The model labels in use, and how many there may be.
struct SeriesBound: Sendable, Equatable {
    /// Counts what comes after the bound was reached.
    static let overflow = "other"

    private let limit: Int
    private var labels: Set<ExactText> = []
    /// The first model that found no place.
    private(set) var firstRefused: String?

    init(limit: Int) { self.limit = limit }

    /// Takes the labels that were given before: a label is never given back, not even when the limit was lowered.
    init(limit: Int, rows: [Row]) {
        self.limit = limit
        for row in rows where row.key.family == LedgerFamily.modelBreaches.name {
            if let label = row.key.labels.first, label != Self.overflow { labels.insert(ExactText(label)) }
        }
    }

    /// How many distinct labels are in use, `other` aside.
    var count: Int { labels.count }

    /// The label that a model is counted under.
    mutating func label(for model: String) -> String {
        let exact = ExactText(model)
        if labels.contains(exact) || exact == ExactText(Self.overflow) { return model }
        guard labels.count < limit else {
            if firstRefused == nil { firstRefused = model }
            return Self.overflow
        }
        labels.insert(exact)
        return model
    }
}
