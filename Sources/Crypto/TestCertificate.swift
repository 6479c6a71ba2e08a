import CGnuTLS
import Glibc

/// A certificate for tests and for the simulator, signed by a CA that is created with it.
package struct TestCertificate: Sendable {
    /// The CA certificate, which clients have to trust.
    package let authorityPEM: String
    /// The server's certificate, then the CA's.
    package let chainPEM: String
    /// The server's private key; the certificate is also valid for clients.
    package let keyPEM: String
    private let authorityKeyPEM: String

    /// The names under which a test server is reached.
    package static let loopbackNames = ["localhost", "127.0.0.1", "::1"]

    /// - Parameters:
    ///   - names: Host names and addresses of the subjectAltName; without any, it has none.
    ///   - commonName: By default the first of the names.
    ///   - validity: In Unix seconds; by default from a day ago to a year from now. The CA certificate is valid for ten years.
    ///   - issuer: The certificate whose CA signs; by default a new CA is created.
    /// - Throws: `CryptoError`, when GnuTLS refuses something.
    package init(
        names: [String] = Self.loopbackNames, commonName: String? = nil, validity: Range<Int64>? = nil,
        issuer: TestCertificate? = nil
    ) throws(CryptoError) {
        let now = Int64(time(nil))
        let authorityKey: PrivateKey
        let authority: Certificate
        if let issuer {
            authorityKey = try .reading(pem: issuer.authorityKeyPEM)
            authority = try .reading(pem: issuer.authorityPEM)
        } else {
            authorityKey = try PrivateKey.generated()
            authority = try Certificate.empty()
            try authority.describe("Test authority", authorityKey, now - 86_400..<now + 315_360_000)
            try authority.becomeAuthority()
            try authority.sign(by: authority, authorityKey)
        }
        let key = try PrivateKey.generated()
        let leaf = try Certificate.empty()
        try leaf.describe(commonName ?? names.first ?? "unnamed", key, validity ?? now - 86_400..<now + 31_536_000)
        try leaf.becomeLeaf(names)
        try leaf.sign(by: authority, authorityKey)

        authorityPEM = try authority.pem()
        chainPEM = try leaf.pem() + authorityPEM
        keyPEM = try key.pem()
        authorityKeyPEM = try authorityKey.pem()
    }
}

extension Certificate {
    fileprivate func describe(
        _ commonName: String, _ key: borrowing PrivateKey, _ validity: Range<Int64>
    ) throws(CryptoError) {
        var serial = [UInt8](repeating: 0, count: 16)
        try unsafe CryptoError.check(gnutls_rnd(GNUTLS_RND_NONCE, &serial, serial.count), "serial number")
        serial[0] = serial[0] & 0x7F | 0x40  // positive, and its first byte never zero
        try unsafe CryptoError.check(gnutls_x509_crt_set_version(handle, 3), "version")
        try unsafe CryptoError.check(gnutls_x509_crt_set_serial(handle, serial, serial.count), "serial number")
        try unsafe CryptoError.check(
            gnutls_x509_crt_set_activation_time(handle, time_t(validity.lowerBound)), "begin of validity")
        try unsafe CryptoError.check(
            gnutls_x509_crt_set_expiration_time(handle, time_t(validity.upperBound)), "end of validity")
        try unsafe CryptoError.check(
            gnutls_x509_crt_set_dn_by_oid(
                handle, GNUTLS_OID_X520_COMMON_NAME, 0, commonName, UInt32(commonName.utf8.count)), "common name")
        try unsafe CryptoError.check(gnutls_x509_crt_set_key(handle, key.handle), "public key")
    }

    fileprivate func becomeAuthority() throws(CryptoError) {
        try unsafe CryptoError.check(gnutls_x509_crt_set_basic_constraints(handle, 1, -1), "basic constraints")
        let usage = UInt32(GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN)
        try unsafe CryptoError.check(gnutls_x509_crt_set_key_usage(handle, usage), "key usage")
    }

    fileprivate func becomeLeaf(_ names: [String]) throws(CryptoError) {
        try unsafe CryptoError.check(gnutls_x509_crt_set_basic_constraints(handle, 0, -1), "basic constraints")
        try unsafe CryptoError.check(
            gnutls_x509_crt_set_key_usage(handle, UInt32(GNUTLS_KEY_DIGITAL_SIGNATURE)), "key usage")
        for purpose in [GNUTLS_KP_TLS_WWW_SERVER, GNUTLS_KP_TLS_WWW_CLIENT] {
            try unsafe CryptoError.check(gnutls_x509_crt_set_key_purpose_oid(handle, purpose, 0), "key purpose")
        }
        for name in names {
            let address = Self.address(name)
            let kind = address == nil ? GNUTLS_SAN_DNSNAME : GNUTLS_SAN_IPADDRESS
            let bytes = address ?? Array(name.utf8)
            try unsafe CryptoError.check(
                gnutls_x509_crt_set_subject_alt_name(
                    handle, kind, bytes, UInt32(bytes.count), UInt32(GNUTLS_FSAN_APPEND)), "name \(name)")
        }
    }

    fileprivate func sign(by issuer: borrowing Certificate, _ key: borrowing PrivateKey) throws(CryptoError) {
        try unsafe CryptoError.check(
            gnutls_x509_crt_sign2(handle, issuer.handle, key.handle, GNUTLS_DIG_SHA256, 0), "signing")
    }

    /// The bytes of an IPv4 or IPv6 address; nil for a host name.
    private static func address(_ name: String) -> [UInt8]? {
        for (family, size) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: size)
            if unsafe inet_pton(family, name, &bytes) == 1 { return bytes }
        }
        return nil
    }
}
