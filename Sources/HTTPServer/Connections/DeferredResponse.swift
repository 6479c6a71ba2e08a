import Locking

/// Something that an answer waits for while its connection is suspended, such as work on another thread.
///
/// When the connection ends first, the server lets go of it.
package final class DeferredResponse: Sendable {
    private let state = Locked(State())

    private struct State {
        var isCompleted = false
        var action: (@Sendable () -> Void)?
    }

    /// One that has not ended.
    package init() {}

    /// Lets the answer go on; from any thread.
    package func complete() {
        let action = state.withLock { state in
            defer { state.action = nil }
            state.isCompleted = true
            return state.action
        }
        action?()
    }

    /// Whether it has ended.
    var isCompleted: Bool { state.withLock(\.isCompleted) }

    /// Runs the action at the end, or now if that was before.
    package func onCompletion(_ action: @escaping @Sendable () -> Void) {
        let isOver = state.withLock { state in
            if !state.isCompleted { state.action = action }
            return state.isCompleted
        }
        if isOver { action() }
    }
}
