package import Values

/// Where an appliance is, and how it is reached.
package struct Endpoint: Sendable, Equatable {
    /// HTTPS; plain HTTP is for loopback.
    package var isSecure: Bool
    /// A name or an address, an IPv6 address without brackets.
    package var host: String
    package var port: Int
    package var tls: TLS
    /// `http://user:password@host:port`; nil is none, whatever the environment says. It is never printed.
    package var proxy: String?
    /// From name lookup to the end of the TLS handshake, in seconds.
    package var connectTimeout: Double
    package var bodyLimits: BodyLimits

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

    /// Whom to trust, and as whom to come; all files are PEM and are read again for every new connection.
    package struct TLS: Sendable, Equatable {
        /// The authorities that are trusted; it replaces the system's store.
        package var caFile: String?
        /// Our own certificate, if the other side wants one.
        package var certFile: String?
        package var keyFile: String?
        /// The name to ask for and to verify, in place of the host.
        package var serverName: String?
        /// Trusts anybody.
        package var insecureSkipVerify: Bool
        /// The oldest version of TLS that is accepted.
        package var minVersion: TLSVersion

        package init(
            caFile: String? = nil, certFile: String? = nil, keyFile: String? = nil, serverName: String? = nil,
            insecureSkipVerify: Bool = false, minVersion: TLSVersion = .tls12
        ) {
            self.caFile = caFile
            self.certFile = certFile
            self.keyFile = keyFile
            self.serverName = serverName
            self.insecureSkipVerify = insecureSkipVerify
            self.minVersion = minVersion
        }
    }

    /// When a body is too large to be an answer.
    package struct BodyLimits: Sendable, Equatable {
        /// Bytes after decompression.
        package var bytes: Int
        /// How many times larger than on the wire a body may become; deflate can reach 1032.
        package var inflation: Int
        /// Bodies below this many bytes may inflate as they like.
        package var inflationFreeBytes: Int

        package init(bytes: Int = 2 << 30, inflation: Int = 400, inflationFreeBytes: Int = 16 << 20) {
            self.bytes = bytes
            self.inflation = inflation
            self.inflationFreeBytes = inflationFreeBytes
        }
    }

    /// The host as it stands in a URL.
    var urlHost: String { Self.bracketed(host) }

    /// An IPv6 address needs brackets where a port may follow.
    static func bracketed(_ host: String) -> String { host.contains(":") ? "[\(host)]" : host }
}
