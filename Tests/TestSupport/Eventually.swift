import Foundation

/// A limit in seconds for what should happen immediately: many times what it takes on a quiet machine.
package let promptly = 10.0

/// What a test waited for and did not get, with what it saw instead.
package struct WaitTimeout: Error, CustomStringConvertible {
    package let what: String
    package let seen: String

    package init(what: String, seen: String) {
        self.what = what
        self.seen = seen
    }

    package var description: String { "\(what) did not come in time; seen so far:\n\(seen)" }
}

/// Waits until the condition holds; false when it still does not after `seconds`.
package func eventually(
    seconds: Double = 20, pause: Duration = .milliseconds(5), _ condition: () async throws -> Bool
) async throws -> Bool {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while try await !condition() {
        guard ContinuousClock.now < deadline else { return false }
        try await Task.sleep(for: pause)
    }
    return true
}

/// Waits until the condition holds, a thrown error counting as false.
///
/// - Throws: `WaitTimeout` with what `seen` returns when the condition still does not hold after `seconds`.
package func eventually(
    _ what: String, seconds: Double = 60, seen: () throws -> String = { "" }, _ condition: () throws -> Bool
) async throws {
    let holds = try await eventually(seconds: seconds, pause: .milliseconds(50)) { (try? condition()) == true }
    guard holds else { throw WaitTimeout(what: what, seen: (try? seen()) ?? "") }
}
