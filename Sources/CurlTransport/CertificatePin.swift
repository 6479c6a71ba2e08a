import Crypto
import Darktrace
import Glibc

/// The one certificate that a connection must present, instead of one that a CA vouches for.
enum CertificatePin: Sendable, Equatable {
    /// The operator wrote its SHA-256.
    case configured([UInt8])
    /// `ca_file` contains the certificate itself, and GnuTLS does not accept that when an intermediate is sent along, or
    /// when it has no subjectAltName.
    case learned([UInt8])

    /// The pin that the settings contain.
    init?(of endpoint: Endpoint) {
        guard endpoint.isSecure, let fingerprint = endpoint.tls.fingerprint else { return nil }
        self = .configured(fingerprint)
    }

    /// The pin for a certificate that failed verification, if the operator trusts exactly this one.
    ///
    /// It must be in `ca_file`, valid now, and have the name that is expected: as subjectAltName, or as common name.
    init?(learning certificate: CertificateFacts?, _ endpoint: Endpoint) {
        guard let certificate, let fingerprint = certificate.fingerprint, certificate.isValid(at: Int64(time(nil)))
        else { return nil }
        let name = endpoint.tls.serverName ?? endpoint.host
        guard certificate.isValid(for: name) || certificate.commonName?.lowercased() == name.lowercased() else {
            return nil
        }
        self = .learned(fingerprint)
        guard isIn(endpoint) else { return nil }
    }

    /// Whether `ca_file` contains the certificate now.
    func isIn(_ endpoint: Endpoint) -> Bool {
        guard let file = endpoint.tls.caFile, let text = CertificateFile.text(file) else { return false }
        return CertificateFacts.all(pem: text).contains { $0.fingerprint == fingerprint }
    }

    /// Why a server with this certificate is not the appliance; nil if it is.
    func problem(with certificate: CertificateFacts?) -> TransportError? {
        guard let presented = certificate?.fingerprint else {
            return TransportError(.tls, "the server presented no certificate")
        }
        guard presented == fingerprint else {
            return TransportError(
                .tls, "the certificate has another fingerprint: \(Self.text(presented))",
                hint: "if the certificate of the appliance was renewed, set \(setting: "fingerprint") to the new one")
        }
        if case .learned = self, certificate?.isValid(at: Int64(time(nil))) != true {
            return TransportError(.tls, "the certificate is not valid now")
        }
        return nil
    }

    private var fingerprint: [UInt8] {
        switch self {
        case .configured(let fingerprint), .learned(let fingerprint): fingerprint
        }
    }

    /// A fingerprint as `openssl x509 -fingerprint -sha256` shows it.
    static func text(_ fingerprint: [UInt8]) -> String {
        let digits = Array("0123456789ABCDEF")
        return fingerprint.map { "\(digits[Int($0 >> 4)])\(digits[Int($0 & 15)])" }.joined(separator: ":")
    }
}
