/// Spans of world time in which nothing is created.
struct QuietPeriods: Sendable {
    private var spans: [ClosedRange<Int64>] = []
    private(set) var pausedSince: Int64?

    /// Nothing is created after `now`; what was stays.
    mutating func begin(after now: Int64) {
        if pausedSince == nil { pausedSince = now }
    }

    /// Creation goes on after `now`; what was skipped never comes.
    mutating func end(after now: Int64) {
        guard let start = pausedSince else { return }
        if now > start { spans.append(start + 1...now) }
        pausedSince = nil
    }

    func contains(_ creation: Int64) -> Bool {
        if let pausedSince, creation > pausedSince { return true }
        return spans.contains { $0.contains(creation) }
    }
}
