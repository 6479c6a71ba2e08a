/// A version of TLS, as Prometheus writes it in `min_version` and `max_version`; the oldest comes first.
package enum TLSVersion: String, Sendable, CaseIterable, Comparable {
    case tls10 = "TLS10"
    case tls11 = "TLS11"
    case tls12 = "TLS12"
    case tls13 = "TLS13"

    /// Whether `first` is the older version.
    package static func < (first: Self, second: Self) -> Bool { first.rawValue < second.rawValue }
}
