/// Everything that a user can set, checked and complete.
package struct Settings: Sendable, Equatable {
    package var web = Web()
    package var log = Log()
    /// The SQLite file; `:memory:` keeps nothing.
    package var statePath = "darktrace-exporter.db"
    /// The configuration file that was read; nil when the environment named the one appliance.
    package var file: String?
    package var appliances: [Appliance] = []

    package init() {}

    /// What is served, and where.
    package struct Web: Sendable, Equatable {
        /// `host:port`, `:port`, `[v6]:port` or `unix:PATH`.
        package var listenAddresses = [":13947"]
        package var telemetryPath = "/metrics"
        /// Scrapes in flight at once; 0 is without limit.
        package var maxRequests = 40
        package var enableLifecycle = false
        package var openMetricsCreated = false

        package init() {}
    }

    /// How much is logged, and how.
    package struct Log: Sendable, Equatable {
        package var level = Level.info
        package var format = Format.logfmt

        package init() {}

        package enum Level: String, Sendable, CaseIterable { case debug, info, warn, error }
        package enum Format: String, Sendable, CaseIterable { case logfmt, json }
    }

    /// One appliance with the global values already applied. All durations are in seconds.
    package struct Appliance: Sendable, Equatable {
        /// The value of the label `appliance`, and the key of its ledger.
        package var name: String
        package var url: BaseURL
        package var publicToken: SecretSource
        package var privateToken: SecretSource
        package var dateFormat = DateFormat.spaced
        package var tls = TLS()
        /// As written, with user and password if any: never print it.
        package var proxy: Secret?
        package var pollInterval = 60.0
        package var pollTimeout = 30.0
        package var overlap = 900.0
        package var initialLookback = 2_592_000.0
        package var recheckInterval = 3_600.0
        package var recheckWindow = 86_400.0
        package var requestsPerMinute = 10
        package var maxModels = 2_000
        package var newSeriesHold = 120.0

        package init(name: String, url: BaseURL, publicToken: SecretSource, privateToken: SecretSource) {
            self.name = name
            self.url = url
            self.publicToken = publicToken
            self.privateToken = privateToken
        }
    }

    /// How the date header is written.
    package enum DateFormat: String, Sendable, CaseIterable { case spaced, compact, iso8601 }

    /// Names as in Prometheus' `tls_config`.
    package struct TLS: Sendable, Equatable {
        package var caFile: String?
        package var certFile: String?
        package var keyFile: String?
        package var serverName: String?
        package var insecureSkipVerify = false
        package var minVersion: MinVersion?

        package init() {}

        package enum MinVersion: String, Sendable, CaseIterable {
            case tls10 = "TLS10", tls11 = "TLS11", tls12 = "TLS12", tls13 = "TLS13"
        }
    }
}

/// Scheme, host and port of an appliance, without a path.
package struct BaseURL: Sendable, Equatable {
    package let isSecure: Bool
    /// As it stands in a URL: an IPv6 address without brackets.
    package let host: String
    package let port: Int

    package init(isSecure: Bool, host: String, port: Int) {
        self.isSecure = isSecure
        self.host = host
        self.port = port
    }
}

/// Text that never prints.
package struct Secret: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The text itself: for signatures and the proxy only.
    package let revealed: String

    package init(_ text: String) { revealed = text }

    package var description: String { "<secret>" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// Where a token comes from.
package enum SecretSource: Sendable, Equatable {
    case inline(Secret)
    /// Read anew for every poll, so that a rotated token needs no restart.
    case file(String)
}
