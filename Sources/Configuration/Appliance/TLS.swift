package import Values

extension Settings {
    /// How an appliance proves who it is; the names are those of Prometheus' `tls_config`.
    package struct TLS: Sendable, Equatable {
        /// A PEM file of authorities that replaces the system's; nil trusts the system's.
        package var caFile: String?
        /// A PEM file with the certificate that the exporter shows; comes with `keyFile`.
        package var certFile: String?
        /// A PEM file with the private key of `certFile`.
        package var keyFile: String?
        /// The name that the appliance's certificate must carry, if not the host of the URL.
        package var serverName: String?
        /// Whether any certificate is accepted.
        package var insecureSkipVerify = false
        /// The oldest version of TLS that is accepted.
        package var minVersion = TLSVersion.tls12

        /// The defaults.
        package init() {}
    }
}
