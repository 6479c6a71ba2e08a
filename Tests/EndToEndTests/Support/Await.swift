import Foundation

/// Seconds that count as at once: many times what it takes on a quiet machine, for a busy one.
let atOnce = 10.0

/// Awaits that `condition` holds, looking every 50 ms; throws with what `seen` tells when the deadline passes.
func eventually(
    _ what: String, seconds: Double = 60, seen: () throws -> String = { "" }, _ condition: () throws -> Bool
) async throws {
    let deadline = Date(timeIntervalSinceNow: seconds)
    while true {
        if (try? condition()) == true { return }
        guard Date() < deadline else {
            throw WaitTimeout(what: what, seen: (try? seen()) ?? "")
        }
        try await Task.sleep(for: .milliseconds(50))
    }
}
