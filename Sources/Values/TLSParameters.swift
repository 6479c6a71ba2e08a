/// A version of TLS, as Prometheus writes it in `min_version` and `max_version`; the oldest comes first.
package enum TLSVersion: String, Sendable, CaseIterable, Comparable {
    case tls10 = "TLS10"
    case tls11 = "TLS11"
    case tls12 = "TLS12"
    case tls13 = "TLS13"

    /// Whether `first` is the older version.
    package static func < (first: Self, second: Self) -> Bool { first.rawValue < second.rawValue }
}

/// A cipher suite that Go's TLS considers secure, or did until Go 1.22, by its IANA name.
package enum CipherSuite: String, Sendable, CaseIterable {
    case aes128GCM = "TLS_AES_128_GCM_SHA256"
    case aes256GCM = "TLS_AES_256_GCM_SHA384"
    case chacha20 = "TLS_CHACHA20_POLY1305_SHA256"
    case ecdheECDSAWithAES128CBC = "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"
    case ecdheECDSAWithAES256CBC = "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA"
    case ecdheECDSAWithAES128GCM = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
    case ecdheECDSAWithAES256GCM = "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"
    case ecdheECDSAWithChaCha20 = "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"
    case ecdheRSAWithAES128CBC = "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"
    case ecdheRSAWithAES256CBC = "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"
    case ecdheRSAWithAES128GCM = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
    case ecdheRSAWithAES256GCM = "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"
    case ecdheRSAWithChaCha20 = "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"
    case rsaWithAES128CBC = "TLS_RSA_WITH_AES_128_CBC_SHA"
    case rsaWithAES256CBC = "TLS_RSA_WITH_AES_256_CBC_SHA"
    case rsaWithAES128GCM = "TLS_RSA_WITH_AES_128_GCM_SHA256"
    case rsaWithAES256GCM = "TLS_RSA_WITH_AES_256_GCM_SHA384"

    /// Whether its cipher exists in TLS 1.3, which no longer has CBC.
    package var hasCipherOfTLS13: Bool { !rawValue.contains("_CBC_") }
}
