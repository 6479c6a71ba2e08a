import CGnuTLS
import Glibc

/// Why a TLS handshake failed before the peer presented a certificate.
///
/// libcurl passes GnuTLS's message on, so the message is compared with GnuTLS's own texts.
package enum HandshakeFailure: Sendable, CaseIterable {
    /// The peer closed the connection.
    case closed
    /// The peer does not speak TLS.
    case notTLS
    /// The two sides have no version of TLS in common.
    case version
    /// The peer requires a client certificate.
    case clientCertificate
    /// The peer ended the handshake, or the first read after it, with an alert, as one does that refuses the client
    /// certificate.
    case refused

    /// - Parameter message: A message that contains the text of a GnuTLS error or alert.
    package init?(message: String) {
        guard let found = Self.allCases.first(where: { $0.texts.contains(where: message.contains) }) else { return nil }
        self = found
    }

    private var texts: [String] {
        switch self {
        case .closed:
            [GNUTLS_E_PREMATURE_TERMINATION, GNUTLS_E_PULL_ERROR, GNUTLS_E_PUSH_ERROR].map(Self.errorText)
                + [ECONNRESET, EPIPE, ECONNABORTED].map(Self.systemText)
        case .notTLS:
            [GNUTLS_E_UNEXPECTED_PACKET, GNUTLS_E_UNEXPECTED_PACKET_LENGTH, GNUTLS_E_RECORD_OVERFLOW].map(
                Self.errorText)
        case .version:
            [GNUTLS_E_UNSUPPORTED_VERSION_PACKET].map(Self.errorText) + [Self.alertText(GNUTLS_A_PROTOCOL_VERSION)]
        case .clientCertificate: [Self.alertText(GNUTLS_A_CERTIFICATE_REQUIRED)]
        case .refused:
            [Self.errorText(GNUTLS_E_FATAL_ALERT_RECEIVED)]
                + [
                    GNUTLS_A_BAD_CERTIFICATE, GNUTLS_A_CERTIFICATE_EXPIRED, GNUTLS_A_CERTIFICATE_REVOKED,
                    GNUTLS_A_CERTIFICATE_UNKNOWN, GNUTLS_A_UNKNOWN_CA, GNUTLS_A_ACCESS_DENIED,
                    GNUTLS_A_HANDSHAKE_FAILURE,
                ].map(Self.alertText)
        }
    }

    private static func errorText(_ code: Int32) -> String {
        unsafe gnutls_strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
    }

    private static func systemText(_ code: Int32) -> String { unsafe String(cString: strerror(code)) }

    private static func alertText(_ alert: gnutls_alert_description_t) -> String {
        unsafe gnutls_alert_get_name(alert).map { unsafe String(cString: $0) } ?? "alert \(alert.rawValue)"
    }
}
