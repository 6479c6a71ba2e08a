import CGnuTLS

/// The CA certificates that a TLS client verifies its peer with.
package enum TrustedAuthorities {
    /// Frees the parsed certificates of a session whose peer is verified: a megabyte with the bundle of a system, which
    /// every idle connection would keep otherwise.
    ///
    /// - Parameter session: A `gnutls_session_t` after its handshake; its credentials belong to no other session.
    package static func release(session: UnsafeMutableRawPointer) {
        var found: UnsafeMutableRawPointer?
        let status = unsafe gnutls_credentials_get(gnutls_session_t(session), GNUTLS_CRD_CERTIFICATE, &found)
        guard status == 0, let credentials = unsafe found else { return }
        var empty: gnutls_x509_trust_list_t?
        guard unsafe gnutls_x509_trust_list_init(&empty, 1) == 0 else { return }
        // It frees the list that it replaces.
        unsafe gnutls_certificate_set_trust_list(gnutls_certificate_credentials_t(credentials), empty, 0)
    }
}
