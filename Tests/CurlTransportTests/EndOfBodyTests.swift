import Crypto
import CurlTransport
import Darktrace
import Foundation
import Testing

/// Where a body ends when TCP ends without the end of TLS, as many servers and gateways do it.
@Suite(.timeLimit(.minutes(3))) struct EndOfBodyTests {
    /// A response, and whether it is complete.
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// An expression of Python for what follows the status line.
        let response: String
        let isComplete: Bool

        init(_ description: String, _ response: String, isComplete: Bool) {
            testDescription = description
            self.response = response
            self.isComplete = isComplete
        }
    }

    static let cases = [
        Case("to the close", #"b"\r\n[{}]""#, isComplete: true),
        Case("to the close, cut", #"b"\r\n[{}""#, isComplete: false),
        Case("to the close, empty", #"b"\r\n""#, isComplete: false),
        Case("gzip to the close", #"b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"[{}]")"#, isComplete: true),
        Case(
            "gzip to the close, cut", #"b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"[{}]")[:-5]"#,
            isComplete: false),
        Case("by length", #"b"Content-Length: 4\r\n\r\n[{}]""#, isComplete: true),
        Case("by length, cut", #"b"Content-Length: 40\r\n\r\n[{}]""#, isComplete: false),
        Case("in chunks", #"b"Transfer-Encoding: chunked\r\n\r\n4\r\n[{}]\r\n0\r\n\r\n""#, isComplete: true),
        Case("in chunks, cut", #"b"Transfer-Encoding: chunked\r\n\r\n4\r\n[{}]\r\n""#, isComplete: false),
    ]

    @Test(arguments: cases) func `a complete body counts however the connection ends, and a cut one never does`(
        example: Case
    ) async throws {
        let certificate = try TestCertificate()
        let files = [certificate.authorityPEM, certificate.chainPEM, certificate.keyPEM]
        let paths = try files.map(Appliance.file)
        defer { for path in paths { unlink(path) } }
        let server = try AbruptServer(certificate: paths[1], key: paths[2], response: example.response)
        let endpoint = Endpoint(
            isSecure: true, host: "127.0.0.1", port: server.port, tls: Endpoint.TLS(caFile: paths[0]))
        let attempt = await Client(
            transport: CurlTransport(loop: try CurlLoop(), endpoint: endpoint), dateFormat: .spaced, timeout: 20,
            userAgent: "tests/1"
        ).send(
            ModelBreachesRequest(startMilliseconds: 0, endMilliseconds: 1),
            credentials: .unused, wallMilliseconds: 0
        ) { _ in true }
        #expect(attempt.result.head?.status == 200)
        if example.isComplete {
            #expect(attempt.error == nil)
        } else {
            #expect(attempt.error?.reason == .malformed)
        }
    }
}

/// A server of Python that sends a response over TLS and closes the socket beneath it.
private final class AbruptServer {
    let port: Int
    private let process = Process()

    init(certificate: String, key: String, response: String) throws {
        let script = """
            import gzip, os, socket, ssl, sys
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(sys.argv[1], sys.argv[2])
            listener = socket.create_server(("127.0.0.1", 0))
            print(listener.getsockname()[1], flush=True)
            client = context.wrap_socket(listener.accept()[0], server_side=True)
            client.recv(65536)
            client.sendall(b"HTTP/1.1 200 OK\\r\\n" + \(response))
            os.close(client.detach())
            """
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/python3")
        process.arguments = ["-c", script, certificate, key]
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        port = try #require(Int(text.trimmingCharacters(in: .whitespacesAndNewlines)))
    }

    deinit { process.terminate() }
}
