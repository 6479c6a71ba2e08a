import Values

extension Settings.Appliance {
    /// What is odd about the values of this appliance, as ends of a line that names it.
    var doubts: [String] { timingDoubts + windowDoubts + trustDoubts }

    private var timingDoubts: [String] {
        var texts: [String] = []
        let interval = PrometheusDuration.text(seconds: pollInterval)
        if pollTimeout >= pollInterval {
            let timeout = PrometheusDuration.text(seconds: pollTimeout)
            texts.append(
                "poll_timeout (\(timeout)) is not below poll_interval (\(interval)); "
                    + "one slow response delays the next poll")
        }
        if pollInterval * Double(requestsPerMinute) < 60 {
            texts.append(
                "requests_per_minute (\(requestsPerMinute)) is too low for a poll every \(interval); "
                    + "polls will be late")
        }
        return texts
    }

    private var windowDoubts: [String] {
        var texts: [String] = []
        let overlap = PrometheusDuration.text(seconds: overlap)
        let window = PrometheusDuration.text(seconds: recheckWindow)
        if self.overlap < 3 * pollInterval {
            let interval = PrometheusDuration.text(seconds: pollInterval)
            texts.append(
                "overlap (\(overlap)) is below three times poll_interval (\(interval)); "
                    + "records that the appliance lists late wait for the recheck")
        }
        if recheckWindow <= self.overlap {
            texts.append("recheck_window (\(window)) is not above overlap (\(overlap)); the recheck finds nothing new")
        }
        if recheckInterval > recheckWindow {
            let interval = PrometheusDuration.text(seconds: recheckInterval)
            texts.append(
                "recheck_interval (\(interval)) is above recheck_window (\(window)); late records in between are missed"
            )
        }
        return texts
    }

    private var trustDoubts: [String] {
        var texts: [String] = []
        if tls.insecureSkipVerify && tls.fingerprint == nil {
            texts.append(
                "insecure_skip_verify is on; anyone on the network path can read and change the responses")
        }
        if tls.fingerprint != nil && (tls.caFile != nil || tls.insecureSkipVerify) {
            texts.append(
                "fingerprint alone decides which certificate is accepted; ca_file and insecure_skip_verify have no effect"
            )
        }
        if !url.isSecure && tls != Settings.TLS() { texts.append("tls_config has no effect on an http url") }
        return texts
    }

    /// Whether a private token or a proxy, which may contain a password, is written in the configuration itself.
    var holdsSecret: Bool {
        if case .inline = privateToken { return true }
        return proxy != nil
    }
}
