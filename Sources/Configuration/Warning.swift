import Values

/// Something that works but is probably not meant; its description is one line for the log.
package struct Warning: Sendable, Equatable, CustomStringConvertible {
    /// Where the setting stands.
    package let place: SourceLocation
    /// What may go wrong because of it.
    package let text: String

    /// `darktrace-exporter.yml:4: appliances[0]: overlap (1m) is under three times …`; holds no secret.
    package var description: String { "\(place): \(text)" }

    static let openFile = "the file holds a secret and every user of this machine may read it; chmod it to 600"
    static let unusedVariable = "is set but not used, since the configuration file names the appliances"

    /// What is odd about one appliance.
    static func all(for appliance: Settings.Appliance, at place: SourceLocation) -> [Warning] {
        (timing(appliance) + windows(appliance) + trust(appliance)).map { Warning(place: place, text: $0) }
    }

    private static func timing(_ appliance: Settings.Appliance) -> [String] {
        var texts: [String] = []
        let interval = PrometheusDuration.text(seconds: appliance.pollInterval)
        if appliance.pollTimeout >= appliance.pollInterval {
            let timeout = PrometheusDuration.text(seconds: appliance.pollTimeout)
            texts.append(
                "poll_timeout (\(timeout)) is not below poll_interval (\(interval)); "
                    + "one slow answer delays the next poll")
        }
        if appliance.pollInterval * Double(appliance.requestsPerMinute) < 60 {
            texts.append(
                "requests_per_minute (\(appliance.requestsPerMinute)) is too few for a poll every \(interval); "
                    + "polls will be late")
        }
        return texts
    }

    private static func windows(_ appliance: Settings.Appliance) -> [String] {
        var texts: [String] = []
        let overlap = PrometheusDuration.text(seconds: appliance.overlap)
        let window = PrometheusDuration.text(seconds: appliance.recheckWindow)
        if appliance.overlap < 3 * appliance.pollInterval {
            let interval = PrometheusDuration.text(seconds: appliance.pollInterval)
            texts.append(
                "overlap (\(overlap)) is under three times poll_interval (\(interval)); "
                    + "records that the appliance lists late wait for the recheck")
        }
        if appliance.recheckWindow <= appliance.overlap {
            texts.append("recheck_window (\(window)) is not above overlap (\(overlap)); the recheck finds nothing new")
        }
        if appliance.recheckInterval > appliance.recheckWindow {
            let interval = PrometheusDuration.text(seconds: appliance.recheckInterval)
            texts.append(
                "recheck_interval (\(interval)) is above recheck_window (\(window)); late records between are missed")
        }
        return texts
    }

    private static func trust(_ appliance: Settings.Appliance) -> [String] {
        var texts: [String] = []
        if appliance.tls.insecureSkipVerify {
            texts.append(
                "insecure_skip_verify is on; whoever stands between can read and change what the appliance answers")
        }
        if !appliance.url.isSecure && appliance.tls != Settings.TLS() {
            texts.append("tls_config has no effect on an http url")
        }
        for case .file(let path) in [appliance.publicToken, appliance.privateToken]
        where (try? FileContent(path: path, limit: Token.sizeLimit))?.isReadableByOthers == true {
            texts.append(
                "every user of this machine may read the token file \(Redaction().shownWhole(path)); chmod it to 600")
        }
        return texts
    }
}

extension Settings.Appliance {
    /// Whether a private token or a proxy, which may carry a password, is written out in the configuration.
    var holdsSecret: Bool {
        if case .inline = privateToken { return true }
        return proxy != nil
    }
}
