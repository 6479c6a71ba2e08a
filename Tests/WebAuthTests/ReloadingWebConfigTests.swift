import HTTPServer
import Locking
import TestSupport
import Testing

@testable import WebAuth

/// What a changed web configuration does to requests.
@Suite struct ReloadingWebConfigTests {
    private let folder: TemporaryDirectory
    private let events = EventList()
    private let config: ReloadingWebConfig
    private static let users =
        "basic_auth_users:\n  alice: $2b$04$abcdefghijklmnopqrstuuPWRtT5yx7FBi4dcf6ROhboeNunUrLQ.\n"

    init() throws {
        folder = try TemporaryDirectory()
        let path = try folder.write("web.yml", Self.users)
        config = try ReloadingWebConfig(path: path, now: { 0 }) { [events] in events.add($0) }
    }

    private func statusWithoutPassword(_ path: String = "/metrics", openPaths: Set<String> = []) throws -> Int {
        let auth = try AuthMiddleware(
            config, openPaths: openPaths, next: { _ in .text(200, "ok") },
            errorPage: { status, text in .text(status, text) },
            onDenied: { _, _ in })
        return auth.respond(to: Request(target: path)).status
    }

    @Test(arguments: [
        ("/x/-/healthy", 200), ("/x/-/healthy?a=b", 200), ("/x/-/healthy/", 401), ("/-/healthy", 401),
        ("/x/-/healthyx", 401), ("/x/-/Healthy", 401), ("/x//-/healthy", 401), ("/x/-/healthy/../metrics", 401),
        ("/x/metrics?/x/-/healthy", 401), ("/x/metrics", 401), ("/", 401),
    ])
    func `an open path needs no password, and nothing like it is open`(target: String, status: Int) throws {
        #expect(try statusWithoutPassword(target, openPaths: ["/x/-/healthy"]) == status)
        #expect(try statusWithoutPassword(target) == 401)
    }

    @Test func `an open path too is rate-limited, and closed while the file is invalid`() throws {
        try folder.write("web.yml", "rate_limit: {interval: 1h, burst: 1}\n" + Self.users)
        let auth = try AuthMiddleware(
            config, openPaths: ["/-/ready"], next: { _ in .text(200, "ok") },
            errorPage: { status, text in .text(status, text) }, onDenied: { _, _ in })
        let statuses = (0..<2).map { _ in auth.respond(to: Request(target: "/-/ready")).status }
        #expect(statuses == [200, 429])
        try folder.write("web.yml", "basic_auth_users: [\n")
        #expect(try statusWithoutPassword("/-/ready", openPaths: ["/-/ready"]) == 500)
    }

    @Test func `a file that lost its users keeps the previous ones, with one error`() throws {
        #expect(try statusWithoutPassword() == 401)
        try folder.write("web.yml", "http_server_config:\n  headers:\n    X-Frame-Options: deny\n")
        for _ in 0..<3 { #expect(try statusWithoutPassword() == 401) }
        guard case .keptUsers(let error) = events.all.first else {
            Issue.record("\(events.all)")
            return
        }
        #expect(events.all.count == 1)
        #expect(error.contains("web.yml") && error.contains("basic_auth_users"))
        try folder.write("web.yml", Self.users + "# again\n")
        #expect(try statusWithoutPassword() == 401)
        #expect(events.all.last == .reloaded)
    }

    @Test func `an explicit empty map removes the users`() throws {
        try folder.write("web.yml", "basic_auth_users: {}\n")
        #expect(try statusWithoutPassword() == 200)
        #expect(events.all == [.reloaded])
    }

    @Test func `an invalid file answers 500 until it is corrected`() throws {
        try folder.write("web.yml", "basic_auth_users: [\n")
        for _ in 0..<3 { #expect(try statusWithoutPassword() == 500) }
        #expect(events.all.count == 1)
        try folder.write("web.yml", Self.users + "# corrected\n")
        #expect(try statusWithoutPassword() == 401)
    }
}

private final class EventList: Sendable {
    private let events = Locked<[ReloadingWebConfig.Event]>([])
    var all: [ReloadingWebConfig.Event] { events.withLock { $0 } }
    func add(_ event: ReloadingWebConfig.Event) { events.withLock { $0.append(event) } }
}
