import Glibc
import HTTPServer
import Locking
import TestSupport
import Testing

@Suite struct SharingTests {
    @Test func `a shared body outlives its replacement until the last reader has it, and not longer`() async throws {
        let bytes = LeakDetector([UInt8](repeating: 0x61, count: 24 << 20))
        let shelf = PublishedBody(SharedBody([bytes.take()]))
        try await withServer { _ in
            guard let body = shelf.body else { return .plain("gone") }
            return Response(status: 200, body: .shared(body))
        } _: { _, address in
            let slow = try (0..<3).map { _ in try RawClient(address, receiveBuffer: 4096) }
            for client in slow {
                client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(client.read { !$0.isEmpty }.end == .enough)
            }
            shelf.replace(by: nil)
            #expect(try RawClient(address).get("/").text == "gone")
            #expect(bytes.isAlive)
            for client in slow {
                let count = client.drain(atMost: 24 << 20)
                #expect(count > (24 << 20) - 70_000)
            }
            #expect(try await eventually { !bytes.isAlive })
        }
    }

    @Test func `readers hammer while bodies change, and every body is one of them, whole`() async throws {
        let shelf = PublishedBody(SharedBody([SharedBuffer([0])]))
        let length = 300_000
        try await withServer { _ in
            Response(status: 200, body: shelf.body.map { .shared($0) } ?? .abort)
        } _: { _, address in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for number in 0..<100 {
                        let bytes = [UInt8](repeating: UInt8(number % 200), count: length)
                        shelf.replace(by: SharedBody([SharedBuffer(bytes), SharedBuffer(Array(bytes.prefix(100)))]))
                        try await Task.sleep(for: .milliseconds(2))
                    }
                }
                for _ in 0..<3 {
                    group.addTask {
                        let client = try RawClient(address)
                        for _ in 0..<40 {
                            let body = client.get("/").body
                            #expect(body.count == 1 || body.count == length + 100)
                            // Bytes all alike equal themselves moved by one; `memcmp`, for speed without optimisation.
                            #expect(memcmp(body, Array(body.dropFirst()), body.count - 1) == 0)
                            await Task.yield()
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }
}

/// Holds the body that is served now.
private final class PublishedBody: Sendable {
    private let held: Locked<SharedBody?>

    init(_ body: SharedBody?) { held = Locked(body) }

    var body: SharedBody? { held.withLock { $0 } }

    func replace(by body: SharedBody?) { held.withLock { $0 = body } }
}

/// Sees whether shared bytes are still held by somebody.
private final class LeakDetector: Sendable {
    private let held: Locked<SharedBuffer?>
    private let watched: Locked<Watched>

    private struct Watched: ~Copyable { weak var bytes: SharedBuffer? }

    init(_ bytes: [UInt8]) {
        let shared = SharedBuffer(bytes)
        held = Locked(shared)
        watched = Locked(Watched(bytes: shared))
    }

    /// Gives the only strong reference away.
    func take() -> SharedBuffer { held.withLock { $0.take() } ?? SharedBuffer([]) }

    var isAlive: Bool { watched.withLock { $0.bytes != nil } }
}
