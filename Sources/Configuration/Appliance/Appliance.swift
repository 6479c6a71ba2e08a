package import Values

extension Settings {
    /// One appliance with the global values applied; all durations are in seconds.
    ///
    /// The defaults of the configuration are written here and nowhere else.
    package struct Appliance: Sendable, Equatable {
        /// The value of the label `appliance`, and the key of its counts in the ledger.
        package var name: String
        /// Where its API is served.
        package var url: BaseURL
        /// The token that is sent in a header.
        package var publicToken: SecretSource
        /// The token that signs.
        package var privateToken: SecretSource
        /// How the date header is written.
        package var dateFormat = DateFormat.spaced
        /// How the two sides authenticate each other.
        package var tls = TLS()
        /// A URL with user and password if any, its port always included: never print it.
        package var proxy: Secret?
        /// Time between two polls of model breaches.
        package var pollInterval = 60.0
        /// Timeout of one request, from name lookup to the last byte.
        package var pollTimeout = 30.0
        /// Each poll queries this much time before the cursor again.
        package var overlap = 900.0
        /// How far back the first run counts.
        package var initialLookback = 2_592_000.0
        /// Time between two rechecks.
        package var recheckInterval = 3_600.0
        /// Time range of a recheck.
        package var recheckWindow = 86_400.0
        /// Requests of all feeds together.
        package var requestsPerMinute = 10
        /// Distinct values of the label `model`; further models are counted as `other`.
        package var maxModels = 2_000
        /// How long a new series is exposed as 0; 0 is off.
        package var newSeriesHold = 120.0
        /// Every feed by name, with the values that apply to this appliance.
        package var feeds: [String: FeedSettings]
        /// Whether it is polled and exposed; the ledger keeps the counts of one that is not.
        package var isEnabled = true
        /// Whether environment variables describe it, by which messages then name its settings.
        package var isFromEnvironment = false
        /// What is exposed of the configuration itself.
        package var presentation = Presentation()

        /// An appliance with the default values.
        package init(
            name: String, url: BaseURL, publicToken: SecretSource, privateToken: SecretSource,
            feeds: [FeedDeclaration] = FeedDeclaration.builtIn
        ) {
            self.name = name
            self.url = url
            self.publicToken = publicToken
            self.privateToken = privateToken
            self.feeds = Dictionary(feeds.map { ($0.name, $0.defaults) }) { first, _ in first }
        }

        /// How the operator writes a setting: as its key, or as its environment variable.
        @Sendable package func settingName(_ key: String) -> String {
            isFromEnvironment ? "DARKTRACE_\(key.uppercased())" : key
        }

        /// Time between two polls of `/status`; 0 is off.
        package var statusInterval: Double { feeds["status"].map { $0.isEnabled ? $0.interval ?? 0 : 0 } ?? 0 }
    }

    /// What the exporter exposes of the configuration of an appliance; it has no influence on polls.
    package struct Presentation: Sendable, Equatable {
        /// Static labels of every series of the appliance: values by name.
        package var labels: [String: String] = [:]
        /// Where people open the appliance, if that is not the URL of its API.
        package var uiURL: WebURL?
        /// How many of each kind are licensed, where known.
        package var licenseLimits: [LicenseKind: Int] = [:]

        /// Nothing in addition to the name.
        package init() {}
    }

    /// What a licence counts; the raw values are the label `kind`.
    package enum LicenseKind: String, Sendable, CaseIterable {
        case ip
        case cloudIP = "cloud_ip"
        case saas
    }

    /// How the date header is written.
    package enum DateFormat: String, Sendable, CaseIterable { case spaced, compact, iso8601 }

    /// How an appliance and the exporter authenticate each other; the names are those of Prometheus' `tls_config`.
    package struct TLS: Sendable, Equatable {
        /// A PEM file with the certificates to trust instead of the system's trust store.
        package var caFile: String?
        /// A PEM file with the client certificate; comes with `keyFile`.
        package var certFile: String?
        /// A PEM file with the private key of `certFile`.
        package var keyFile: String?
        /// The name that the appliance's certificate must contain, if it is not the host of the URL.
        package var serverName: String?
        /// The SHA-256 of the only certificate that is accepted, instead of those that a CA vouches for.
        package var fingerprint: [UInt8]?
        /// Whether any certificate is accepted.
        package var insecureSkipVerify = false
        /// The oldest version of TLS that is accepted.
        package var minVersion = TLSVersion.tls12

        /// The defaults.
        package init() {}
    }

    /// What is configured for one feed of one appliance.
    package struct FeedSettings: Sendable, Equatable {
        /// Whether the feed is polled.
        package var isEnabled: Bool
        /// Seconds between two polls; nil for a feed whose interval is set by another key.
        package var interval: Double?
        /// Seconds that one poll looks back; nil for a feed without a window.
        package var window: Double?

        /// The values as given.
        package init(isEnabled: Bool, interval: Double?, window: Double?) {
            self.isEnabled = isEnabled
            self.interval = interval
            self.window = window
        }
    }
}

/// A feed that can be configured under `feeds`, with its defaults.
package struct FeedDeclaration: Sendable, Equatable {
    /// The key under `feeds`, and the label `feed`.
    package let name: String
    /// What applies where the configuration says nothing; a nil value cannot be configured.
    package let defaults: Settings.FeedSettings

    /// A feed with its defaults; intervals and windows are in seconds.
    package init(name: String, isEnabled: Bool = true, interval: Double?, window: Double? = nil) {
        self.name = name
        defaults = Settings.FeedSettings(isEnabled: isEnabled, interval: interval, window: window)
    }

    /// The feeds of this version. The interval of model breaches is `poll_interval`.
    ///
    /// A test holds them equal to those of the collector, which this module does not know.
    package static let builtIn = [
        FeedDeclaration(name: "modelbreaches", interval: nil), FeedDeclaration(name: "status", interval: 60),
        FeedDeclaration(name: "acknowledgements", interval: 300, window: 30 * 86_400),
        FeedDeclaration(name: "antigena", interval: 60), FeedDeclaration(name: "antigena_actions", interval: 300),
        FeedDeclaration(name: "incidents", interval: 300, window: 7 * 86_400),
        FeedDeclaration(name: "incident_events", interval: 300),
        FeedDeclaration(name: "statistics", interval: 900),
    ]
}
