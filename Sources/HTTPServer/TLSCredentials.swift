import CGnuTLS

/// TLS settings in the form of GnuTLS, for the handshakes of any number of connections.
@safe
package final class TLSCredentials: @unchecked Sendable {
    // Unchecked: GnuTLS allows sessions on several threads to use credentials and priorities that do not change.
    /// libmicrohttpd needs an identity to start, although each connection gets these credentials.
    let identity: TLSIdentity
    let clients: TLSSettings.Clients
    private let certificates: gnutls_certificate_credentials_t
    private let priorities: gnutls_priority_t

    /// Loads certificates, authorities and priorities.
    ///
    /// - Throws: `badIdentity` or `badAuthorities` when GnuTLS refuses them.
    package init(_ settings: TLSSettings) throws(ServerError) {
        identity = settings.identity
        clients = settings.clients
        var made: gnutls_certificate_credentials_t?
        var order: gnutls_priority_t?
        guard unsafe gnutls_certificate_allocate_credentials(&made) == 0, let made = unsafe made else {
            throw .badIdentity(reason: "out of memory")
        }
        unsafe certificates = made
        let code = unsafe gnutls_priority_init(&order, settings.priorities, nil)
        guard code == 0, let order = unsafe order else {
            unsafe gnutls_certificate_free_credentials(made)
            throw .badIdentity(reason: gnutlsText(code))
        }
        unsafe priorities = order
        try load()
    }

    deinit {
        unsafe gnutls_certificate_free_credentials(certificates)
        unsafe gnutls_priority_deinit(priorities)
    }

    private func load() throws(ServerError) {
        let code = unsafe withDatum(identity.certificatePEM) { certificate in
            unsafe withDatum(identity.keyPEM) { key in
                unsafe gnutls_certificate_set_x509_key_mem2(
                    certificates, certificate, key, GNUTLS_X509_FMT_PEM, nil, 0)
            }
        }
        guard code >= 0 else { throw .badIdentity(reason: gnutlsText(code)) }
        guard case .verified(let authorities, _, _) = clients else { return }
        let count =
            if let authorities {
                unsafe withDatum(authorities) {
                    unsafe gnutls_certificate_set_x509_trust_mem(certificates, $0, GNUTLS_X509_FMT_PEM)
                }
            } else {
                unsafe gnutls_certificate_set_x509_system_trust(certificates)
            }
        guard count > 0 else { throw .badAuthorities(reason: count < 0 ? gnutlsText(count) : "no certificate") }
        unsafe gnutls_certificate_set_verify_function(certificates, verifyClient)
    }

    /// Makes a session use these credentials, which must outlive it; call it before the handshake.
    ///
    /// - Returns: false when GnuTLS refuses.
    func configure(_ session: gnutls_session_t) -> Bool {
        guard unsafe gnutls_priority_set(session, priorities) == 0,
            unsafe gnutls_credentials_set(
                session, GNUTLS_CRD_CERTIFICATE, UnsafeMutableRawPointer(certificates)) == 0
        else { return false }
        // libmicrohttpd uses this pointer only for callbacks of applications, which are not set here.
        unsafe gnutls_session_set_ptr(session, Unmanaged.passUnretained(self).toOpaque())
        switch clients {
        case .all: unsafe gnutls_certificate_server_set_request(session, GNUTLS_CERT_IGNORE)
        case .requested(let isRequired), .verified(_, _, let isRequired):
            unsafe gnutls_certificate_server_set_request(
                session, isRequired ? GNUTLS_CERT_REQUIRE : GNUTLS_CERT_REQUEST)
        }
        return true
    }
}

/// The text of a GnuTLS return code.
private func gnutlsText(_ code: Int32) -> String {
    unsafe gnutls_strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
}

/// Calls a GnuTLS function with a text.
private func withDatum(_ text: String, _ body: (UnsafePointer<gnutls_datum_t>) -> Int32) -> Int32 {
    var bytes = Array(text.utf8)
    let count = UInt32(bytes.count)
    return unsafe bytes.withUnsafeMutableBufferPointer { buffer in
        var datum = unsafe gnutls_datum_t(data: buffer.baseAddress, size: count)
        return unsafe body(&datum)
    }
}
