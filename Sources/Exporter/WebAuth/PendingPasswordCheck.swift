import HTTPServer
import Locking

/// A check of one password that is under way, and the answers that wait for it.
final class PendingPasswordCheck: Sendable {
    private struct State {
        var verdict: Bool?
        var waiting: [Waiting] = []
    }

    /// The server holds the delay as long as its connection lives.
    private struct Waiting: Sendable {
        weak let delay: Wakeup?
    }

    private let state = Locked(State())

    /// Another answer waits.
    func add(_ delay: Wakeup) {
        state.withLock { state in
            state.waiting.removeAll { $0.delay == nil }
            state.waiting.append(Waiting(delay: delay))
        }
    }

    /// Whether anybody still waits.
    var isWanted: Bool { state.withLock { state in state.waiting.contains { $0.delay != nil } } }

    /// Nil before the end.
    var verdict: Bool? { state.withLock(\.verdict) }

    func end(_ verdict: Bool) {
        let waiting = state.withLock { state in
            state.verdict = verdict
            return state.waiting
        }
        for each in waiting { each.delay?.fire() }
    }
}
