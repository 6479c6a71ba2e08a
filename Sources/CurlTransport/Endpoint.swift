package import Values

/// The address of an appliance, and how to connect to it.
package struct Endpoint: Sendable, Equatable {
    /// HTTPS; plain HTTP is for loopback.
    package var isSecure: Bool
    /// A name or an address, an IPv6 address without brackets.
    package var host: String
    package var port: Int
    /// Connects to this unix socket instead of host and port.
    package var unixSocketPath: String?
    package var tls: TLS
    /// `http://user:password@host:port`; nil means no proxy, also if the environment names one. It is never printed.
    package var proxy: String?
    /// From name lookup to the end of the TLS handshake, in seconds.
    package var connectTimeout: Double
    package var bodyLimits: BodyLimits

    /// Hides the password of the proxy.
    var redaction: Redaction {
        var redaction = Redaction()
        if let proxy { redaction.hidePassword(ofURL: proxy) }
        return redaction
    }

    package init(
        isSecure: Bool, host: String, port: Int, tls: TLS = TLS(), proxy: String? = nil, connectTimeout: Double = 15,
        bodyLimits: BodyLimits = BodyLimits()
    ) {
        self.isSecure = isSecure
        self.host = host
        self.port = port
        self.tls = tls
        self.proxy = proxy
        self.connectTimeout = connectTimeout
        self.bodyLimits = bodyLimits
    }

    /// Trusted certificates and the client's own; all files are PEM and are read for every new connection.
    package struct TLS: Sendable, Equatable {
        /// The trusted CA certificates; it replaces the system's store.
        package var caFile: String?
        /// The client certificate, if the appliance requires one.
        package var certFile: String?
        package var keyFile: String?
        /// The name for SNI and verification, in place of the host.
        package var serverName: String?
        /// The SHA-256 of the only certificate that is accepted, whatever its issuer and names.
        package var fingerprint: [UInt8]?
        /// Accepts any certificate.
        package var insecureSkipVerify: Bool
        /// The minimum TLS version.
        package var minVersion: TLSVersion

        package init(
            caFile: String? = nil, certFile: String? = nil, keyFile: String? = nil, serverName: String? = nil,
            fingerprint: [UInt8]? = nil, insecureSkipVerify: Bool = false, minVersion: TLSVersion = .tls12
        ) {
            self.caFile = caFile
            self.certFile = certFile
            self.keyFile = keyFile
            self.serverName = serverName
            self.fingerprint = fingerprint
            self.insecureSkipVerify = insecureSkipVerify
            self.minVersion = minVersion
        }
    }

    /// Limits of a response body.
    package struct BodyLimits: Sendable, Equatable {
        /// Bytes after decompression.
        package var bytes: Int
        /// The largest accepted compression ratio; deflate can reach 1032.
        package var inflation: Int
        /// Below this many bytes any compression ratio is accepted.
        package var inflationFreeBytes: Int

        package init(bytes: Int = 2 << 30, inflation: Int = 400, inflationFreeBytes: Int = 16 << 20) {
            self.bytes = bytes
            self.inflation = inflation
            self.inflationFreeBytes = inflationFreeBytes
        }
    }

    /// The host as it appears in a URL.
    var urlHost: String { Self.bracketed(host) }

    /// An IPv6 address needs brackets where a port may follow.
    static func bracketed(_ host: String) -> String { host.contains(":") ? "[\(host)]" : host }
}
