import Metrics

/// The families that are too lively for the snapshot, at one instant: few, and made anew in the way of a scrape.
struct LiveSection {
    let madeNanoseconds: Int64
    private let exposition: Exposition
    private let withCreated: Bool
    private var texts: [TextFormat: [UInt8]] = [:]

    /// Leaves out what stands in the snapshot already.
    init(_ families: [MetricFamily], after snapshot: Snapshot, withCreated: Bool, madeNanoseconds: Int64) {
        self.madeNanoseconds = madeNanoseconds
        self.withCreated = withCreated
        exposition = Exposition(families, besides: snapshot.exposition.claimedNames)
    }

    /// The text with the end of the format.
    mutating func text(_ syntax: TextFormat) -> [UInt8] {
        if let text = texts[syntax] { return text }
        let text = exposition.body(as: syntax, withCreated: withCreated)
        texts[syntax] = text
        return text
    }
}
