import Foundation
import TestSupport
import Testing

/// Clients without a password cannot stop an authenticated scraper.
@Suite(.timeLimit(.minutes(2))) struct AttackTests {
    private let guarded: SecuredExporter
    private let port: UInt16

    init() throws {
        guarded = try SecuredExporter(SecuredExporter.users(cost: 10))
        port = try #require(guarded.exporter.address.split(separator: ":").last.flatMap { UInt16($0) })
    }

    /// Five hundred connections that send wrong passwords.
    private func guessPasswords() -> HostileClients {
        HostileClients(500, port: port, reads: true) { number, turn in
            let password = Data("alice:wrong-\(number)-\(turn)".utf8).base64EncodedString()
            return "GET /metrics HTTP/1.1\r\nHost: x\r\nAuthorization: Basic \(password)\r\n\r\n"
        }
    }

    /// Five hundred connections that read nothing.
    private func ignoreResponses() -> HostileClients {
        HostileClients(500, port: port, reads: false) { _, _ in
            String(repeating: "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", count: 100)
        }
    }

    /// Waits until the queue of passwords is full.
    private func awaitFullQueue(_ guesses: HostileClients) async throws {
        try await eventually("refused passwords", seen: { "\(guesses.counts)" }) {
            guesses.counts.statuses["503"] ?? 0 > 100
        }
    }

    @Test func `a scraper whose password was checked before is answered at once`() async throws {
        #expect(guarded.status(user: "alice:geheim") == 200)
        let guesses = guessPasswords()
        defer { guesses.stop() }
        let silent = ignoreResponses()
        defer { silent.stop() }
        try await awaitFullQueue(guesses)
        try await eventually("unread responses", seen: { "\(silent.counts)" }) { silent.counts.unread > 400 }
        let clock = ContinuousClock()
        let times = (0..<10).compactMap { _ in
            let start = clock.now
            return guarded.status(user: "alice:geheim") == 200 ? clock.now - start : nil
        }
        // Half of them, and the fastest, because other work of a busy machine delays each.
        #expect(times.count >= 5 && times.min() ?? .seconds(10) < .seconds(1), "\(times)")
        let counts = guesses.counts
        #expect(counts.statuses["401"] ?? 0 > 0)
        #expect(counts.retryable == counts.statuses["503"])
    }

    /// In checks, not in seconds, because a busy machine is slower with both. Clients that read nothing are not here:
    /// their requests take the server's thread for seconds in a debug build, which is no wait for a check.
    @Test func `right after a restart a scraper at another address waits for a few checks only`() async throws {
        let guesses = guessPasswords()
        defer { guesses.stop() }
        try await awaitFullQueue(guesses)
        let before = guesses.counts.statuses["401"] ?? 0
        try await eventually("a scrape from another address", seen: { "\(guesses.counts)" }) {
            guarded.status(user: "alice:geheim", with: ["--interface", "127.0.0.2"]) == 200
        }
        // Four on a quiet machine; those that are checked while curl starts are counted too.
        #expect(guesses.counts.statuses["401"] ?? 0 < before + 25)
        // At the address of the attackers too, because the newest password is checked first and its check goes on.
        try await eventually("a scrape from the address of the attackers") {
            guarded.status(user: "alice:geheim") == 200
        }
    }
}
