import Ledger
import Metrics

/// The model labels in use, and the limit of their number.
struct ModelLimit: Sendable, Equatable {
    /// The label that counts all models beyond the limit.
    static let overflow = "other"

    private let limit: Int
    /// Hashes instead of labels, which would take megabytes. Of two labels with the same hash, a chance of one in
    /// 2^64, the second does not count against the limit.
    private var labels: Set<Int> = []
    /// The first model that was counted as `other`.
    private(set) var firstOverflow: String?

    init(limit: Int) { self.limit = limit }

    /// Registers the label of a stored row; a label stays in use even when the limit was lowered.
    mutating func add(_ row: LedgerRow) {
        guard row.key.family == BreachMetrics.modelBreaches.name, let label = row.key.labels.first else { return }
        if !Self.isOverflow(label) { labels.insert(Self.hash(of: label)) }
    }

    /// Number of distinct labels in use, without `other`.
    var count: Int { labels.count }

    /// Registers a model and returns the label that counts it.
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

    private static func isOverflow(_ label: String) -> Bool { label.hasSameBytes(as: overflow) }

    /// The hash of the bytes, because Prometheus compares labels by bytes; see `ExactText`.
    private static func hash(of label: String) -> Int {
        var hasher = Hasher()
        var label = label
        label.withUTF8 { unsafe hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        return hasher.finalize()
    }
}
