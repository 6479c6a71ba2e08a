package import Configuration
import Crypto
import CurlTransport
import Darktrace
import Values

/// `healthcheck`: requests `/-/healthy` from the exporter that runs with the same flags on this machine.
///
/// It sends no password and no certificate, and verifies none: 200 and 401 show that the exporter serves, and so does a
/// TLS handshake that ends because client certificates are required.
package struct HealthcheckCommand: Sendable {
    private let address: ListenAddress
    private let usesTLS: Bool
    private let requiresClientCertificate: Bool
    private let target: String
    private let loop: CurlLoop

    /// For each of at most two requests.
    private static let timeoutSeconds = 2.5

    /// Reads the web configuration, if it is readable, to know whether the listeners use TLS.
    ///
    /// - Throws: `InvalidListenAddress`, or the transport's error without threads or memory.
    package init(_ web: Settings.Web) throws {
        address = try ListenAddress(parsing: web.listenAddresses.first ?? ":13947")
        let tls = web.configFile.flatMap { try? WebConfigSnapshot(path: $0).outcome.get().configuration.tls }
        usesTLS = tls != nil
        requiresClientCertificate = tls?.clientAuth == .requireAny || tls?.clientAuth == .requireAndVerify
        target = "\(web.routePrefix)/-/healthy"
        loop = try CurlLoop()
    }

    /// Returns when the exporter is healthy.
    ///
    /// - Throws: `UnhealthyError` when it is not.
    package func run() async throws(UnhealthyError) {
        var result = await request(overTLS: usesTLS)
        // Probes often know the address, but not the file that turns TLS on.
        if !usesTLS, result.head == nil, result.failure?.kind == .malformed { result = await request(overTLS: true) }
        if let status = result.head?.status {
            guard status == 200 || status == 401 else {
                throw UnhealthyError(address: address, problem: "status \(status)")
            }
        } else {
            let isRejected = requiresClientCertificate && result.failure?.kind == .tls
            guard isRejected || result.wantsClientCertificate else {
                throw UnhealthyError(address: address, problem: result.failure?.detail ?? "no response")
            }
        }
    }

    private func request(overTLS isSecure: Bool) async -> TransportResult {
        let endpoint = Endpoint(to: address, isSecure: isSecure, timeout: Self.timeoutSeconds)
        let request = OutgoingRequest(target: target, headers: [], timeout: Self.timeoutSeconds)
        return await CurlTransport(loop: loop, endpoint: endpoint).send(request, to: DiscardingSink())
    }
}

extension Endpoint {
    /// An address that the exporter listens on, as a client on the same machine reaches it.
    fileprivate init(to address: ListenAddress, isSecure: Bool, timeout: Double) {
        var socket: String?
        var (host, port) = ("localhost", 80)
        switch address.place {
        case .unix(let path): socket = path
        case .tcp(let listened, let number):
            port = Int(number)
            host =
                switch listened {
                case nil, "0.0.0.0": "127.0.0.1"
                case "::": "::1"
                case let named?: named
                }
        }
        self.init(
            isSecure: isSecure, host: host, port: port, tls: TLS(insecureSkipVerify: true, minVersion: .tls10),
            connectTimeout: timeout)
        unixSocketPath = socket
    }
}

extension TransportResult {
    /// Whether the server ended the connection because it requires a client certificate: with TLS 1.3 after the handshake,
    /// before that with an alert. What only closes a connection, or speaks another protocol, is not an exporter.
    fileprivate var wantsClientCertificate: Bool {
        guard let failure, failure.kind != .timeout else { return false }
        if phases.tls > 0, phases.wait > 0 { return true }
        return switch HandshakeFailure(message: failure.detail) {
        case .refused, .clientCertificate: true
        case .closed, .notTLS, .version, nil: false
        }
    }
}

/// Ignores a response.
private final class DiscardingSink: ResponseSink {
    func receive(_ head: ResponseHead) {}
    func receive(_ piece: RawSpan) -> Bool { true }
}

/// The exporter does not serve; the description is one line.
package struct UnhealthyError: Error, CustomStringConvertible {
    let address: ListenAddress
    let problem: String

    /// Where, what is wrong, and what to do.
    package var description: String {
        "healthcheck: \(address): \(problem); check that the exporter runs with this --web.listen-address"
    }
}
