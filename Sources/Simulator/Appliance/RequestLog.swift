import Locking

/// What was asked of an appliance lately, and how it answered; no header of a request is kept.
final class RequestLog: Sendable {
    /// One answered request.
    struct Entry: Sendable {
        /// World milliseconds.
        var time: Int64
        var target: String
        var status: Int
        var outcome: String
        var userAgent: String
    }

    private struct State {
        var count = 0
        var outcomes: [String: Int] = [:]
        var entries: [Entry] = []
    }
    private let state = Locked(State())
    private static let kept = 500

    func add(_ entry: Entry) {
        state.withLock { state in
            state.count += 1
            state.outcomes[entry.outcome, default: 0] += 1
            state.entries.append(entry)
            if state.entries.count > Self.kept { state.entries.removeFirst() }
        }
    }

    /// All counts since the start, and the latest requests, oldest first.
    var json: JSON {
        state.withLock { state in
            let outcomes = state.outcomes.sorted { $0.key < $1.key }
            return [
                "count": JSON(state.count),
                "outcomes": .object(outcomes.map { JSON.Field($0.key, JSON($0.value)) }),
                "latest": .list(
                    state.entries.map {
                        [
                            "time": .integer($0.time), "target": .text($0.target), "status": JSON($0.status),
                            "outcome": .text($0.outcome), "userAgent": .text($0.userAgent),
                        ]
                    }),
            ]
        }
    }
}
