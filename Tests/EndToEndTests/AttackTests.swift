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

    /// Five hundred connections that send wrong passwords, and five hundred that read nothing.
    private func attack() -> [HostileClients] {
        let wrong = HostileClients(500, port: port, reads: true) { number, turn in
            let password = Data("alice:wrong-\(number)-\(turn)".utf8).base64EncodedString()
            return "GET /metrics HTTP/1.1\r\nHost: x\r\nAuthorization: Basic \(password)\r\n\r\n"
        }
        let slow = HostileClients(500, port: port, reads: false) { _, _ in
            String(repeating: "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", count: 100)
        }
        return [wrong, slow]
    }

    /// Waits until the queue of passwords is full, and hundreds of responses are not read.
    private func awaitFullQueue(_ clients: [HostileClients]) async throws {
        try await eventually("refused passwords and unread responses", seen: { "\(clients.map(\.counts))" }) {
            clients[0].counts.statuses["503"] ?? 0 > 100 && clients[1].counts.unread > 400
        }
    }

    @Test func `a scraper whose password was checked before is answered at once`() async throws {
        #expect(guarded.status(user: "alice:geheim") == 200)
        let clients = attack()
        defer { for each in clients { each.stop() } }
        try await awaitFullQueue(clients)
        let clock = ContinuousClock()
        let times = (0..<10).compactMap { _ in
            let start = clock.now
            return guarded.status(user: "alice:geheim") == 200 ? clock.now - start : nil
        }
        // Half of them, and the fastest, because other work of a busy machine delays each.
        #expect(times.count >= 5 && times.min() ?? .seconds(10) < .seconds(1), "\(times)")
        let counts = clients[0].counts
        #expect(counts.statuses["401"] ?? 0 > 0)
        #expect(counts.retryable == counts.statuses["503"])
    }

    @Test func `right after a restart a scraper at another address waits for a few checks only`() async throws {
        let clients = attack()
        defer { for each in clients { each.stop() } }
        try await awaitFullQueue(clients)
        // In checks, not in seconds, since a busy machine is slower with both: ten seconds have time for a hundred.
        let before = clients[0].counts.statuses["401"] ?? 0
        try await eventually("a scrape from another address", seen: { "\(clients.map(\.counts))" }) {
            guarded.status(user: "alice:geheim", with: ["--interface", "127.0.0.2"]) == 200
        }
        #expect(clients[0].counts.statuses["401"] ?? 0 < before + 100)
        // At the address of the attackers too, because the newest password is checked first and its check goes on.
        try await eventually("a scrape from the address of the attackers") {
            guarded.status(user: "alice:geheim") == 200
        }
    }
}
