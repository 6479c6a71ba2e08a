import Foundation
import HTTPServer
import Locking
import TestSupport
import Testing
import Values

/// What a server costs; each test has its own process, because the others use memory and sockets at the same time, and
/// they run one after the other, because some of them need all processors.
@Suite(.serialized) struct ResourceTests {
    @Test func `two thousand connections in waves are all served, and memory and descriptors come back`() async {
        await #expect(processExitsWith: .success) {
            try await withServer(handler: { request in .plain(request.path) }) { _, address in
                func wave(_ count: Int) throws {
                    let clients = try (0..<count).map { _ in try RawClient(address) }
                    for (number, client) in clients.enumerated() {
                        client.send("GET /\(number) HTTP/1.1\r\nHost: x\r\n\r\n")
                    }
                    for (number, client) in clients.enumerated() { try #require(client.answer().text == "/\(number)") }
                }
                let descriptors = openDescriptors()
                try wave(100)
                let memory = residentBytes()
                for _ in 0..<20 { try wave(100) }
                try #require(isAddressSanitized || residentBytes() - memory < 4 << 20)
                // libdispatch opens a few of its own when something first sleeps.
                try await #require(eventually { openDescriptors() <= descriptors + 4 })
            }
        }
    }

    // libmicrohttpd 0.9.75 with epoll hangs when exactly 128 connections have events at once.
    @Test func `any number of clients that leave while the server is busy is noticed`() async {
        await #expect(processExitsWith: .success) {
            let gate = Gate()
            try await withServer { request in
                if request.path == "/busy" { gate.pass() }
                return .plain("ok")
            } _: { _, address in
                let busy = try RawClient(address)
                try #require(busy.get("/").text == "ok")
                try await Task.sleep(for: .milliseconds(1))
                let descriptors = openDescriptors()
                for count in [1, 100, 112] + Array(124...132) {
                    var clients = try (0..<count).map { _ in try RawClient(address) }
                    for client in clients { _ = client.get("/") }
                    busy.send("GET /busy HTTP/1.1\r\nHost: x\r\n\r\n")
                    try await #require(eventually { gate.isWaitedAt })
                    clients = []
                    gate.open()
                    try #require(busy.answer(seconds: 20).text == "ok")
                    try await #require(eventually(seconds: 20) { openDescriptors() <= descriptors + 4 })
                }
            }
        }
    }

    @Test func `a thousand idle connections do not delay a scrape, and end together with the server`() async {
        await #expect(processExitsWith: .success) {
            raiseDescriptorLimit()
            // The first request of the last client may come late on a busy machine.
            let timeouts = Timeouts(read: 600, idle: 600)
            try await withServer(timeouts: timeouts, handler: { _ in .plain("ok") }) { server, address in
                let idle = try (0..<1_000).map { _ in try RawClient(address) }
                for client in idle { try #require(client.get("/").text == "ok") }
                let scrapes = (0..<20).map { _ in seconds { _ = try? RawClient(address).get("/") } }.sorted()
                try #require(scrapes[10] < 2)
                try #require(idle.allSatisfy { $0.get("/").text == "ok" })
                try #require(seconds { server.stop(graceSeconds: 30) } < 10)
                try #require(idle.allSatisfy { $0.read().end == .closed })
            }
        }
    }

    // libmicrohttpd 0.9.75 with epoll aborts the process in about one of 30 000 rounds. RESTART_ROUNDS=N runs N.
    @Test func `the server starts and stops again and again while clients connect`() async {
        await #expect(processExitsWith: .success) {
            let rounds = ProcessInfo.processInfo.environment["RESTART_ROUNDS"].flatMap { Int($0) } ?? 10_000
            let isDone = Flag()
            let current = SharedAddress()
            let clients = (0..<4).map { _ in
                Thread {
                    while isDone.value == nil {
                        guard let address = current.value, let client = try? RawClient(address) else {
                            continue
                        }
                        client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                        _ = client.read(seconds: 0.005)
                    }
                }
            }
            clients.forEach { $0.start() }
            var served = 0
            for round in 0..<rounds {
                let configuration = ServerConfiguration(addresses: [try ListenAddress(parsing: "127.0.0.1:0")])
                let server = try Server(configuration) { _ in .plain("ok") }
                current.value = server.boundAddresses.first
                if round % 3 == 0 { served += try RawClient(server.boundAddresses[0]).get("/").text == "ok" ? 1 : 0 }
                server.stop(graceSeconds: 0.001)
            }
            isDone.raise()
            try #require(served == (rounds + 2) / 3)
        }
    }

    @Test func `a very large answer needs no memory, streamed or shared`() async {
        await #expect(processExitsWith: .success) {
            let piece = [UInt8](repeating: 0x62, count: 1 << 20)
            let shared = SharedBuffer(piece)
            try await withServer { request in
                request.path == "/stream"
                    ? Response(status: 200, body: .stream(Repeated(piece, times: 300), length: 300 << 20))
                    : Response(status: 200, body: .buffers(Array(repeating: shared, count: 300)))
            } _: { _, address in
                for path in ["/stream", "/pieces"] {
                    let client = try RawClient(address)
                    client.send("GET \(path) HTTP/1.1\r\nHost: x\r\n\r\n")
                    let before = residentBytes()
                    let count = client.drain(atMost: 300 << 20)
                    try #require(count >= 300 << 20)
                    try #require(isAddressSanitized || residentBytes() - before < 4 << 20)
                }
            }
        }
    }

    @Test func `letting a server go gives back its threads and descriptors, with clients at every stage`() async {
        await #expect(processExitsWith: .success) {
            let starts = [
                "", "GET", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n",
                "GET /a HTTP/1.1\r\nHost: x\r\n\r\n",
                "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n", "GET /silence HTTP/1.1\r\nHost: x\r\n\r\n",
            ]
            func round() throws {
                let configuration = ServerConfiguration(addresses: [try ListenAddress(parsing: "127.0.0.1:0")])
                let server = try Server(configuration) { request in
                    switch request.path {
                    case "/silence": .silence
                    case "/stream": Response(status: 200, body: .stream(Script([.wait(Wakeup())])))
                    default: .plain("ok")
                    }
                }
                let clients = try starts.map { start in
                    let client = try RawClient(server.boundAddresses[0])
                    client.send(start)
                    return client
                }
                try #require(clients[3].answer().text == "ok")
            }
            try round()
            let before = (threads(), openDescriptors())
            for _ in 0..<30 { try round() }
            // Those of the runtime come and go, a few of them.
            try await #require(eventually { threads() < before.0 + 15 && openDescriptors() < before.1 + 15 })
        }
    }

    @Test func `a start that lacks descriptors says so, and leaves none open`() async {
        await #expect(processExitsWith: .success) {
            var configuration = ServerConfiguration(addresses: [try ListenAddress(parsing: "127.0.0.1:0")])
            configuration.addresses.append(try ListenAddress(parsing: "127.0.0.1:0"))
            let kind = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
            var usual = rlimit()
            getrlimit(kind, &usual)
            // libdispatch opens a few of its own when something first sleeps.
            try await Task.sleep(for: .milliseconds(100))
            let before = openDescriptors()
            func isServed(_ limit: rlim_t) throws -> Bool {
                var few = rlimit(rlim_cur: limit, rlim_max: usual.rlim_max)
                setrlimit(kind, &few)
                let outcome = Result { () throws in try Server(configuration) { _ in .plain("ok") } }
                setrlimit(kind, &usual)
                switch outcome {
                case .success(let server): return try RawClient(server.boundAddresses[1]).get("/").text == "ok"
                case .failure(let error):
                    try #require("\(error)".contains("raise the limit"), "\(error)")
                    return false
                }
            }
            var limit: rlim_t = 1
            while try !isServed(limit) {
                try #require(openDescriptors() == before, "below \(limit)")
                try #require(limit < 500)
                limit += 1
            }
            try #require(openDescriptors() == before, "below \(limit)")
            // Two sockets, their duplicates, and what libmicrohttpd opens.
            try #require(limit > 8)
        }
    }

    @Test func `without clients nothing wakes up`() async {
        await #expect(processExitsWith: .success) {
            try await withServer(handler: { _ in .plain("ok") }) { _, address in
                try #require(RawClient(address).get("/").text == "ok")
                try #require(RawClient(address).get("/").text == "ok")
                var before: [String: String] = [:]
                // The check of timeouts runs once more after the last connection.
                try await #require(
                    eventually(pause: .milliseconds(1_300)) {
                        defer { before = wakeupsOfServerThreads() }
                        return wakeupsOfServerThreads() == before
                    })
                try #require(before.count == 2)
                try await Task.sleep(for: .seconds(3))
                try #require(wakeupsOfServerThreads() == before)
            }
        }
    }
}

/// The address of the current server, for threads that connect to it.
private final class SharedAddress: Sendable {
    private let state = Locked<ListenAddress?>(nil)
    var value: ListenAddress? {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
}
