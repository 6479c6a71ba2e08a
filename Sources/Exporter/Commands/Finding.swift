package import Collector
package import Configuration
package import Darktrace

/// One fact about an appliance, as a line for people that scripts can search.
package struct Finding: Sendable, Equatable {
    package let mark: Severity
    package let subject: Subject
    /// One line, safe to print whatever the appliance sent.
    package let text: String
    /// The metrics that are not exposed because of it; the line names the first ones.
    package private(set) var missingMetrics: [String] = []

    /// Creates a fact.
    package init(_ mark: Severity, _ subject: Subject, _ text: String) {
        self.mark = mark
        self.subject = subject
        self.text = text
    }

    /// Whether a request of a gauge feed is answered: the appliance works without it, so that an error is a warning, and
    /// no more than a fact if the appliance may lack the endpoint.
    package init(of feed: FeedKind, _ check: FeedCheck) {
        let path = check.attempt.path
        guard let error = check.attempt.error else {
            self.init(.ok, .permission, "\(path) is readable (feed \(feed.name))")
            return
        }
        let lost = "without the feed \(feed.name), \(Self.list(check.metrics)) not exposed"
        if feed.isOptional, check.attempt.showsUnavailability {
            self.init(.ok, .permission, "\(path) is not available: \(error); \(lost)")
        } else {
            self.init(
                .warning, error.reason.isAboutRequest ? .permission : .answer,
                "\(path): \(error); \(lost)")
        }
        missingMetrics = check.metrics
    }

    /// The first names of a list, and how many more there are.
    private static func list(_ names: [String]) -> String {
        let shown = 3
        let more = names.count > shown ? " and \(names.count - shown) more are" : names.count == 1 ? " is" : " are"
        return names.prefix(shown).joined(separator: ", ") + more
    }

    /// What the fact means for an operator.
    package enum Severity: String, Sendable, CaseIterable {
        case ok
        /// It works and needs attention soon.
        case warning
        /// The appliance cannot be polled.
        case failed = "FAILED"
    }

    /// What the fact is about, in the order of the lines.
    package enum Subject: String, Sendable, CaseIterable {
        case tokens, reach, certificate, clock, signature, login, permission, answer, breaches, records
    }

    /// Such as `hq: FAILED: signature: the appliance refused the signature; check …`.
    package func line(of appliance: String) -> String {
        "\(appliance): \(mark.rawValue): \(subject.rawValue): \(text)"
    }
}

/// Counts over the records of one response, without keeping any record.
package struct RecordStats: Sendable, Equatable {
    package private(set) var readable = 0
    package private(set) var unreadable = 0
    /// Readable short records without a field that full records may have.
    package private(set) var incomplete = 0
    /// What is wrong with the first unreadable record.
    package private(set) var firstProblem: String?

    /// Counts nothing yet.
    package init() {}

    /// All records.
    package var count: Int { readable + unreadable }

    /// Counts one record.
    package mutating func add(_ record: Result<ModelBreach, UnreadableRecord>) {
        switch record {
        case .success(let breach):
            readable += 1
            if breach.lacksShortFields { incomplete += 1 }
        case .failure(let problem):
            unreadable += 1
            firstProblem = firstProblem ?? problem.detail
        }
    }
}

/// Where an appliance is and how it is reached, without secrets.
package struct TargetInfo: Sendable, Equatable {
    /// Such as `10.0.0.5:443`, an IPv6 address in brackets.
    package let address: String
    /// Whether the URL is https.
    package let isSecure: Bool
    /// Whether the certificate is verified.
    package let isVerified: Bool
    /// Whether a proxy is configured.
    package let isProxied: Bool
    /// Whether the path that is tried first is polled.
    package var pollsModelBreaches = true
    /// The date format as the operator sets it: `date_format: `, or the variable and an equals sign.
    var dateFormatSetting = "date_format: "

    /// Describes a target.
    package init(address: String, isSecure: Bool = true, isVerified: Bool = true, isProxied: Bool = false) {
        self.address = address
        self.isSecure = isSecure
        self.isVerified = isVerified
        self.isProxied = isProxied
    }

    /// As configured; the proxy's URL may hold a password and is left out.
    package init(_ appliance: Settings.Appliance) {
        let host = appliance.url.host
        self.init(
            address: "\(host.contains(":") ? "[\(host)]" : host):\(appliance.url.port)",
            isSecure: appliance.url.isSecure,
            isVerified: !appliance.tls.insecureSkipVerify || appliance.tls.fingerprint != nil,
            isProxied: appliance.proxy != nil)
        pollsModelBreaches = appliance.feeds[FeedKind.modelBreaches.name]?.isEnabled ?? true
        if appliance.isFromEnvironment { dateFormatSetting = appliance.settingName("date_format") + "=" }
    }
}
