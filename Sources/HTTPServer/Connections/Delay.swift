import Locking

/// Something that an answer waits for while its connection is suspended, such as work on another thread.
///
/// When the connection ends first, the server lets go of it.
package final class Delay: Sendable {
    private let state = Locked(State())

    private struct State {
        var isOver = false
        var action: (@Sendable () -> Void)?
    }

    /// One that has not ended.
    package init() {}

    /// Lets the answer go on; from any thread.
    package func end() {
        let action = state.withLock { state in
            defer { state.action = nil }
            state.isOver = true
            return state.action
        }
        action?()
    }

    /// Whether it has ended.
    var isOver: Bool { state.withLock(\.isOver) }

    /// Runs the action at the end, or now if that was before.
    package func whenOver(_ action: @escaping @Sendable () -> Void) {
        let isOver = state.withLock { state in
            if !state.isOver { state.action = action }
            return state.isOver
        }
        if isOver { action() }
    }
}
