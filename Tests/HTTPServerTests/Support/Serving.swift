import HTTPServer
import Testing
import Values

/// Starts a server on a free port of 127.0.0.1, and hands it over with its address.
func withServer(
    _ text: String = "127.0.0.1:0", timeouts: Timeouts = Timeouts(),
    configure: (inout ServerConfiguration) -> Void = { _ in },
    handler: @escaping Handler, _ body: (Server, ListenAddress) async throws -> Void
) async throws {
    var configuration = ServerConfiguration(addresses: [try ListenAddress(parsing: text)])
    configuration.timeouts = timeouts
    configure(&configuration)
    let server = try Server(configuration, handler: handler)
    defer { server.stop(graceSeconds: 0) }
    try await body(server, #require(server.boundAddresses.first))
}

/// The seconds that something takes.
func seconds(_ body: () throws -> Void) rethrows -> Double {
    let duration = try ContinuousClock().measure(body)
    return Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
}

extension Response {
    /// A text with an explicit content type, without a line feed.
    static func plain(_ text: String) -> Response {
        Response(
            status: 200, headers: [("Content-Type", "text/plain")], body: .buffers([SharedBuffer(Array(text.utf8))]))
    }
}
