package import Collector
package import Configuration
package import CurlTransport
package import Darktrace
import Locking
import Values

extension PollConfiguration {
    /// How one configured appliance is to be polled, over the loop that all appliances share.
    package init(_ appliance: Settings.Appliance, loop: CurlLoop) {
        let client = Client(
            transport: CurlTransport(loop: loop, endpoint: Endpoint(appliance)),
            dateFormat: DateFormat(appliance.dateFormat), timeout: appliance.pollTimeout,
            userAgent: "darktrace-exporter/\(Build.version)", settingName: appliance.settingName)
        let (publicToken, privateToken) = (appliance.publicToken, appliance.privateToken)
        let files = TLSFileCheck(appliance)
        let connection = ApplianceConnection(
            address: "\(appliance.url.host):\(appliance.url.port)", client: client
        ) { () throws(SecretError) in
            do throws(TLSFileError) {
                try files.check()
            } catch {
                throw SecretError(.tls, detail: error.description)
            }
            do throws(SecretReadError) {
                return Credentials(
                    publicToken: try publicToken.read().revealed, privateToken: try privateToken.read().revealed)
            } catch {
                throw SecretError(detail: error.description)
            }
        }
        let feeds = Feeds.all.map { ($0, appliance.feeds[$0.name] ?? FeedDeclaration($0).defaults) }
            .filter { $0.1.isEnabled }
        self.init(
            name: appliance.name, connection: connection,
            pollsModelBreaches: feeds.contains { $0.0 == .modelBreaches },
            pollInterval: Duration(bounded: appliance.pollInterval),
            feedIntervals: feeds.reduce(into: [:]) { intervals, feed in
                if feed.0 != .modelBreaches { intervals[feed.0] = feed.1.interval.map { Duration(bounded: $0) } }
            },
            feedWindows: feeds.reduce(into: [:]) { windows, feed in
                windows[feed.0] = feed.1.window.map { Duration(bounded: $0) }
            },
            overlap: Duration(bounded: appliance.overlap),
            initialLookback: Duration(bounded: appliance.initialLookback),
            recheckInterval: Duration(bounded: appliance.recheckInterval),
            recheckWindow: Duration(bounded: appliance.recheckWindow),
            requestsPerMinute: appliance.requestsPerMinute, maxModels: appliance.maxModels,
            newSeriesHold: Duration(bounded: appliance.newSeriesHold))
    }
}

extension FeedDeclaration {
    /// A feed as it can be configured.
    package init(_ feed: FeedKind) {
        self.init(name: feed.name, interval: feed.defaultInterval?.inSeconds, window: feed.defaultWindow?.inSeconds)
    }
}

/// The poll configurations of all enabled appliances: one whose settings are equal to the former ones is reused, so that
/// its poller and its connections continue.
final class PollConfigurations: Sendable {
    private let loop: CurlLoop
    private let logsBreaches: Bool
    private let current = Locked<[String: (settings: Settings.Appliance, configuration: PollConfiguration)]>([:])

    init(loop: CurlLoop, logsBreaches: Bool) {
        self.loop = loop
        self.logsBreaches = logsBreaches
    }

    /// The names of the enabled appliances.
    var names: [String] { current.withLock { Array($0.keys) } }

    /// The configurations of the enabled ones of these appliances, which replace the former ones.
    func update(_ appliances: [Settings.Appliance]) -> [PollConfiguration] {
        let appliances = appliances.filter(\.isEnabled).map { appliance in
            var polled = appliance
            // A new label or link must not restart the polls.
            polled.presentation = Settings.Presentation()
            return polled
        }
        return current.withLock { current in
            let configurations = appliances.map { appliance in
                if let known = current[appliance.name], known.settings == appliance { return known.configuration }
                var configuration = PollConfiguration(appliance, loop: loop)
                configuration.logsBreaches = logsBreaches
                return configuration
            }
            current = [:]
            for (settings, configuration) in zip(appliances, configurations) {
                current[settings.name] = (settings, configuration)
            }
            return configurations
        }
    }
}

extension DateFormat {
    /// The format that a user chose.
    package init(_ setting: Settings.DateFormat) {
        switch setting {
        case .spaced: self = .spaced
        case .compact: self = .compact
        case .iso8601: self = .iso8601
        }
    }
}

extension Endpoint {
    /// Where a configured appliance is, and how it is reached.
    package init(_ appliance: Settings.Appliance) {
        self.init(
            isSecure: appliance.url.isSecure, host: appliance.url.host, port: appliance.url.port,
            tls: TLS(appliance.tls), proxy: appliance.proxy?.revealed,
            connectTimeout: min(15, appliance.pollTimeout))
    }
}

extension Endpoint.TLS {
    fileprivate init(_ setting: Settings.TLS) {
        self.init(
            caFile: setting.caFile, certFile: setting.certFile, keyFile: setting.keyFile,
            serverName: setting.serverName, fingerprint: setting.fingerprint,
            insecureSkipVerify: setting.insecureSkipVerify,
            minVersion: setting.minVersion)
    }
}
