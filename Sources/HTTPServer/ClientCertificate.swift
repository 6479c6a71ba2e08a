import CGnuTLS
import Glibc

/// mTLS: verifies a client certificate. A `gnutls_certificate_verify_function`: ends the handshake with an alert if the client's certificate is not accepted.
func verifyClient(_ session: gnutls_session_t?) -> Int32 {
    guard let session = unsafe session, let pointer = unsafe gnutls_session_get_ptr(session) else {
        return GNUTLS_E_CERTIFICATE_ERROR
    }
    let credentials = unsafe Unmanaged<TLSCredentials>.fromOpaque(pointer).takeUnretainedValue()
    guard case .verified(_, let names, let isRequired) = credentials.clients else { return GNUTLS_E_CERTIFICATE_ERROR }
    var count: UInt32 = 0
    let chain = unsafe gnutls_certificate_get_peers(session, &count)
    guard let leaf = unsafe chain, count > 0 else {
        return isRequired ? unsafe reject(session, GNUTLS_A_CERTIFICATE_REQUIRED) : 0
    }
    guard unsafe isValid(session) else { return unsafe reject(session, GNUTLS_A_BAD_CERTIFICATE) }
    guard unsafe names.isEmpty || ClientNames(leaf.pointee).contain(anyOf: names) else {
        return unsafe reject(session, GNUTLS_A_ACCESS_DENIED)
    }
    return 0
}

/// `gnutls_certificate_verify_peers`: whether an authority signed the chain, and it is valid now and for a client.
private func isValid(_ session: gnutls_session_t) -> Bool {
    var status: UInt32 = 0
    var purpose = Array(GNUTLS_KP_TLS_WWW_CLIENT.utf8)
    let size = UInt32(purpose.count)
    purpose.append(0)
    let code = unsafe purpose.withUnsafeMutableBufferPointer { purpose in
        var expected = unsafe gnutls_typed_vdata_st(
            type: GNUTLS_DT_KEY_PURPOSE_OID, data: purpose.baseAddress, size: size)
        return unsafe gnutls_certificate_verify_peers(session, &expected, 1, &status)
    }
    return code >= 0 && status == 0
}

/// Sends an alert that names the reason; libmicrohttpd would only close the connection.
private func reject(_ session: gnutls_session_t, _ alert: gnutls_alert_description_t) -> Int32 {
    _ = unsafe gnutls_alert_send(session, GNUTLS_AL_FATAL, alert)
    return GNUTLS_E_CERTIFICATE_ERROR
}

/// The subject alternative names of a certificate.
@safe
private struct ClientNames {
    private var texts: Set<String> = []
    private var addresses: Set<[UInt8]> = []

    /// Empty for a certificate that cannot be read.
    init(_ der: gnutls_datum_t) {
        var made: gnutls_x509_crt_t?
        var der = unsafe der
        guard unsafe gnutls_x509_crt_init(&made) == 0, let certificate = unsafe made else { return }
        defer { unsafe gnutls_x509_crt_deinit(certificate) }
        guard unsafe gnutls_x509_crt_import(certificate, &der, GNUTLS_X509_FMT_DER) == 0 else { return }
        for index in 0..<UInt32(1_000) {
            var bytes = [UInt8](repeating: 0, count: 2_048)
            var size = bytes.count
            let kind = unsafe gnutls_x509_crt_get_subject_alt_name(certificate, index, &bytes, &size, nil)
            if kind == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE { return }
            let value = Array(bytes.prefix(max(0, size)))
            switch kind {
            case Int32(GNUTLS_SAN_IPADDRESS.rawValue): addresses.insert(value)
            case Int32(GNUTLS_SAN_DNSNAME.rawValue), Int32(GNUTLS_SAN_RFC822NAME.rawValue),
                Int32(GNUTLS_SAN_URI.rawValue):
                texts.insert(String(decoding: value, as: UTF8.self))
            default: continue
            }
        }
    }

    func contain(anyOf names: [String]) -> Bool {
        names.contains { name in texts.contains(name) || Self.address(name).map(addresses.contains) == true }
    }

    /// The bytes of an IPv4 or IPv6 address; nil for a name.
    private static func address(_ name: String) -> [UInt8]? {
        for (family, size) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: size)
            if unsafe inet_pton(family, name, &bytes) == 1 { return bytes }
        }
        return nil
    }
}
