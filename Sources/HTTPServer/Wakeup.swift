import Locking

/// Ends the suspension of a connection, for example when work on another thread is done.
///
/// The server drops its reference when the connection ends first.
package final class Wakeup: Sendable {
    private let state = Locked(State())

    private struct State {
        var isFired = false
        var action: (@Sendable () -> Void)?
    }

    /// Makes a wakeup that has not fired.
    package init() {}

    /// Resumes the connection; from any thread, at most the first call has an effect.
    package func fire() {
        let action = state.withLock { state in
            defer { state.action = nil }
            state.isFired = true
            return state.action
        }
        action?()
    }

    /// Whether `fire` was called.
    var isFired: Bool { state.withLock(\.isFired) }

    /// Runs the action when the wakeup fires, or now if it fired before.
    package func onFire(_ action: @escaping @Sendable () -> Void) {
        let isFired = state.withLock { state in
            if !state.isFired { state.action = action }
            return state.isFired
        }
        if isFired { action() }
    }
}
