import CGnuTLS
import Crypto
import Glibc

/// Speaks TLS over a raw client's socket, and checks the server's certificate.
final class TLSClient {
    private let client: RawClient
    private var session: gnutls_session_t?
    private var credentials: gnutls_certificate_credentials_t?
    /// GnuTLS keeps the pointer, not the text.
    private let name: UnsafeMutablePointer<CChar>?

    struct Failure: Error, CustomStringConvertible { let description: String }

    /// Trusts this authority alone, expects a certificate for this name, and shows one of its own if it has one.
    init(
        _ client: RawClient, authorityPEM: String, name: String, priorities: String = "NORMAL",
        showing own: TestCertificate? = nil
    ) throws {
        self.client = client
        self.name = strdup(name)
        gnutls_certificate_allocate_credentials(&credentials)
        var pem = Array(authorityPEM.utf8)
        let code = pem.withUnsafeMutableBufferPointer { pem in
            var text = gnutls_datum_t(data: pem.baseAddress, size: UInt32(pem.count))
            return gnutls_certificate_set_x509_trust_mem(credentials, &text, GNUTLS_X509_FMT_PEM)
        }
        guard code > 0 else { throw Failure(description: "no authority: \(code)") }
        if let own { try show(own) }
        gnutls_init(&session, UInt32(GNUTLS_CLIENT.rawValue | GNUTLS_NO_SIGNAL.rawValue))
        gnutls_priority_set_direct(session, priorities, nil)
        gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, UnsafeMutableRawPointer(credentials))
        gnutls_session_set_verify_cert(session, self.name, 0)
        gnutls_transport_set_int2(session, client.descriptor, client.descriptor)
        gnutls_handshake_set_timeout(session, 5_000)
        var result = gnutls_handshake(session)
        while result < 0, gnutls_error_is_fatal(result) == 0 { result = gnutls_handshake(session) }
        guard result == 0 else { throw Failure(description: String(cString: gnutls_strerror(result))) }
    }

    private func show(_ own: TestCertificate) throws {
        var (chain, key) = (Array(own.chainPEM.utf8), Array(own.keyPEM.utf8))
        let code = chain.withUnsafeMutableBufferPointer { chain in
            key.withUnsafeMutableBufferPointer { key in
                var chain = gnutls_datum_t(data: chain.baseAddress, size: UInt32(chain.count))
                var key = gnutls_datum_t(data: key.baseAddress, size: UInt32(key.count))
                return gnutls_certificate_set_x509_key_mem(credentials, &chain, &key, GNUTLS_X509_FMT_PEM)
            }
        }
        guard code >= 0 else { throw Failure(description: "no certificate to show: \(code)") }
    }

    /// The last alert that the server sent; empty without one.
    var alert: String {
        gnutls_alert_get_name(gnutls_alert_get(session)).map { String(cString: $0) } ?? ""
    }

    deinit {
        gnutls_deinit(session)
        gnutls_certificate_free_credentials(credentials)
        free(name)
    }

    var version: String { String(cString: gnutls_protocol_get_name(gnutls_protocol_get_version(session))) }

    /// Sends a GET and reads until the answer is whole or the connection ends.
    func get(_ target: String) -> Answer {
        let request = Array("GET \(target) HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8)
        _ = gnutls_record_send(session, request, request.count)
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while !Answer(bytes).isWhole {
            let count = gnutls_record_recv(session, &buffer, buffer.count)
            guard count > 0 else { return Answer(bytes, end: .closed) }
            bytes += buffer.prefix(count)
        }
        return Answer(bytes)
    }
}
