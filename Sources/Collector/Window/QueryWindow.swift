/// A stretch of time in milliseconds since 1970 by the appliance's clock.
struct QueryWindow: Sendable, Equatable {
    let start: Int64
    let end: Int64

    var span: Int64 { end - start }

    /// Whether a time is in it, or within a minute of it: appliances differ in how they round.
    func containsWithTolerance(_ milliseconds: Int64) -> Bool {
        (start - 60_000...max(start, end) + 60_000).contains(milliseconds)
    }
}
