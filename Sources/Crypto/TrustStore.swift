import CGnuTLS

/// The CA certificates that a TLS client verifies its peers with: `gnutls_x509_trust_list_t`.
///
/// The bundle of a system has more than a hundred: they take 20 ms to parse, and megabytes of memory. Any number of
/// connections can be verified with one store.
@safe
package final class TrustStore {
    private let list: gnutls_x509_trust_list_t

    /// Reads all certificates of a PEM text.
    ///
    /// - Throws: When there is none.
    package convenience init(pem: [UInt8]) throws(CryptoError) {
        try self.init()
        let list = unsafe list
        let count = unsafe withDatum(pem) {
            unsafe gnutls_x509_trust_list_add_trust_mem(list, $0, nil, GNUTLS_X509_FMT_PEM, 0, 0)
        }
        try CryptoError.check(count, "the CA certificates cannot be read")
        guard count > 0 else { throw CryptoError("the CA certificates cannot be read", "the file has none") }
    }

    /// Reads the files of a directory; those without a certificate are ignored.
    ///
    /// - Throws: When there is no certificate.
    package convenience init(directory: String) throws(CryptoError) {
        try self.init()
        let count = unsafe gnutls_x509_trust_list_add_trust_dir(list, directory, nil, GNUTLS_X509_FMT_PEM, 0, 0)
        guard count > 0 else { throw CryptoError("the CA certificates cannot be read", "\(directory) has none") }
    }

    private init() throws(CryptoError) {
        var made: gnutls_x509_trust_list_t?
        try unsafe CryptoError.check(gnutls_x509_trust_list_init(&made, 0), "CA certificates")
        guard let made = unsafe made else { throw CryptoError("CA certificates", "out of memory") }
        unsafe list = made
    }

    deinit { unsafe gnutls_x509_trust_list_deinit(list, 1) }

    /// Why the peer of a session is not the one with this name; nil if its certificate is valid now, for the name, and
    /// one of these vouches for it.
    ///
    /// - Parameters:
    ///   - session: A `gnutls_session_t` after its handshake.
    ///   - name: A host name or an address.
    package func problem(ofPeer session: UnsafeMutableRawPointer, name: String) -> String? {
        var count: UInt32 = 0
        let chain = unsafe gnutls_certificate_get_peers(gnutls_session_t(session), &count)
        guard count > 0, let chain = unsafe chain else { return "the server presented no certificate" }
        var certificates: [gnutls_x509_crt_t?] = unsafe []
        defer { unsafe certificates.forEach { unsafe gnutls_x509_crt_deinit($0) } }
        for index in 0..<Int(min(count, Self.maxChain)) {
            var certificate: gnutls_x509_crt_t?
            guard unsafe gnutls_x509_crt_init(&certificate) == 0 else { return "out of memory" }
            unsafe certificates.append(certificate)
            var der = unsafe chain[index]
            guard unsafe gnutls_x509_crt_import(certificate, &der, GNUTLS_X509_FMT_DER) == 0 else {
                return "the server presented a certificate that cannot be read"
            }
        }
        return unsafe problem(with: &certificates, name)
    }

    /// GnuTLS does not verify longer chains.
    private static let maxChain: UInt32 = 16

    /// Certificates with weak keys, such as RSA with 768 bits, are refused, as by libcurl. The shift is that of the macro
    /// `GNUTLS_PROFILE_TO_VFLAGS`.
    private static let leastSecurity = UInt32(GNUTLS_PROFILE_LOW.rawValue) << 24

    private func problem(with chain: inout [gnutls_x509_crt_t?], _ name: String) -> String? {
        var status: UInt32 = 0
        var name = Array(name.utf8CString)
        let code = unsafe name.withUnsafeMutableBytes { name in
            var expected = unsafe gnutls_typed_vdata_st(
                type: GNUTLS_DT_DNS_HOSTNAME, data: name.baseAddress?.assumingMemoryBound(to: UInt8.self), size: 0)
            return unsafe gnutls_x509_trust_list_verify_crt2(
                list, &chain, UInt32(chain.count), &expected, 1, Self.leastSecurity, &status, nil)
        }
        let action = "the certificate cannot be verified"
        do throws(CryptoError) {
            try CryptoError.check(code, action)
            guard status != 0 else { return nil }
            var datum = unsafe gnutls_datum_t()
            let printed = unsafe gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509, &datum, 0)
            let text = try unsafe takeText(&datum, printed, action)
            return CryptoError(action, String(text.dropLast(text.last == " " ? 1 : 0))).description
        } catch {
            return error.description
        }
    }
}
