import Ledger
import Metrics

/// The model labels in use, and how many there may be.
struct ModelLimit: Sendable, Equatable {
    /// Counts what comes after the bound was reached.
    static let overflow = "other"

    private let limit: Int
    /// Hashes stand for the labels, which would take megabytes: of two labels with one hash, a chance of one in 2^64,
    /// the second would not count against the limit.
    private var labels: Set<Int> = []
    /// The first model that found no place.
    private(set) var firstOverflow: String?

    init(limit: Int) { self.limit = limit }

    /// Takes the label of a row from before: none is given back, not even when the limit was lowered.
    mutating func take(_ row: LedgerRow) {
        guard row.key.family == BreachMetrics.modelBreaches.name, let label = row.key.labels.first else { return }
        if !Self.isOverflow(label) { labels.insert(Self.hash(of: label)) }
    }

    /// How many distinct labels are in use, `other` aside.
    var count: Int { labels.count }

    /// The label that a model is counted under.
    mutating func assignLabel(for model: String) -> String {
        let hash = Self.hash(of: model)
        if Self.isOverflow(model) || labels.contains(hash) { return model }
        guard labels.count < limit else {
            if firstOverflow == nil { firstOverflow = model }
            return Self.overflow
        }
        labels.insert(hash)
        return model
    }

    private static func isOverflow(_ label: String) -> Bool { label.utf8.elementsEqual(overflow.utf8) }

    /// Of the bytes, as labels are compared; Swift takes é in one and in two scalars for the same.
    private static func hash(of label: String) -> Int {
        var hasher = Hasher()
        var label = label
        label.withUTF8 { unsafe hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        return hasher.finalize()
    }
}
