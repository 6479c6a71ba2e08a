import Locking
import ScrapeEndpoint

/// A clock that only a test moves, and that reports when a task sleeps.
final class ManualTime: Sendable {
    private struct State {
        var now: Int64 = 0
        var nextID = 0
        var sleepers: [Int: (until: Int64, continuation: CheckedContinuation<Void, any Error>)] = [:]
    }

    private let state = Locked(State())

    var steady: MonotonicClock {
        MonotonicClock(nanoseconds: { self.state.withLock { $0.now } }, sleep: { try await self.sleep(until: $0) })
    }

    /// When those who sleep will wake.
    var sleepers: [Int64] { state.withLock { $0.sleepers.values.map(\.until).sorted() } }

    func advance(milliseconds: Int64) {
        let due = state.withLock { state in
            state.now += milliseconds * 1_000_000
            let due = state.sleepers.filter { $0.value.until <= state.now }
            for id in due.keys { state.sleepers[id] = nil }
            return due.values.map(\.continuation)
        }
        for continuation in due { continuation.resume() }
    }

    private func sleep(until instant: Int64) async throws {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let isOver = state.withLock { state in
                    guard instant > state.now, !Task.isCancelled else { return true }
                    state.sleepers[id] = (instant, continuation)
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            let sleeper = state.withLock { $0.sleepers.removeValue(forKey: id) }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }
}
