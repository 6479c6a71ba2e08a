import Foundation
import HTTPServer
import ScrapeEndpoint
import TestSupport
import Testing
import Values

/// Serves a scrape handler on a free port of 127.0.0.1 while the body runs.
func serving(
    _ scrapes: ScrapeHandler, handler: Handler? = nil, _ body: @Sendable (_ port: UInt16) async throws -> Void
) async throws {
    let configuration = ServerConfiguration(addresses: [try ListenAddress(parsing: "127.0.0.1:0")])
    let server = try Server(configuration, handler: handler ?? { scrapes.respond(to: $0) })
    defer { server.stop(graceSeconds: 0) }
    try await body(try #require(server.boundAddresses.first?.port))
}
