package import Darktrace
import Logging

/// What one request shows about an appliance, from the network to its records.
package struct Diagnosis: Sendable {
    let target: TargetInfo
    let attempt: Attempt
    let records: RecordStats
    /// The width of the query window, in seconds.
    let windowSeconds: Double
    /// This machine's clock after the response, in milliseconds since 1970.
    let nowMilliseconds: Int64
    /// A value of `date_format` that the appliance accepted after it had rejected the configured one.
    package var acceptedDateFormat: String?

    /// Takes a finished request to model breaches.
    package init(
        target: TargetInfo, attempt: Attempt, records: RecordStats = RecordStats(), windowSeconds: Double,
        nowMilliseconds: Int64
    ) {
        self.target = target
        self.attempt = attempt
        self.records = records
        self.windowSeconds = windowSeconds
        self.nowMilliseconds = nowMilliseconds
    }

    /// The facts, from the network to the records.
    package var findings: [Finding] {
        [network, certificate, clock].compactMap { $0 } + access + breaches
    }

    /// Whether a request to another path may show something new: this one succeeded, or failed for its path alone.
    package var allowsNextRequest: Bool { attempt.error?.reason.isAboutRequest ?? true }

    // MARK: Network

    private var network: Finding? {
        let address = target.isProxied ? "\(target.address) through the proxy" : target.address
        if let error, error.subject == .reach {
            return Finding(.failed, .reach, "\(address): \(error.text)\(phaseTimings)")
        }
        guard isReached else { return Finding(.ok, .reach, "\(address) reachable\(phaseTimings)") }
        return Finding(
            .ok, .reach, "\(address) reachable in \(Self.seconds(attempt.result.phases.total)) s\(phaseTimings)")
    }

    private var certificate: Finding? {
        if let error, error.subject == .certificate { return Finding(.failed, .certificate, error.text) }
        guard isReached else { return nil }
        guard target.isSecure else { return Finding(.ok, .certificate, "none, the url is http to this machine") }
        let prefix = target.isVerified ? "" : "not verified (insecure_skip_verify); "
        let mark = target.isVerified ? Finding.Severity.ok : .warning
        guard let end = attempt.result.certificateExpiry.map({ min(max($0, 0), Self.lastSecond) }) else {
            return Finding(mark, .certificate, "\(prefix)expiry unknown")
        }
        let left = end - nowMilliseconds / 1_000
        let (days, date) = (left / 86_400, UTC.shortText(end * 1_000))
        switch left {
        case ..<0: return Finding(.warning, .certificate, "\(prefix)expired on \(date); renew it on the appliance")
        case ..<(30 * 86_400):
            return Finding(
                .warning, .certificate, "\(prefix)expires in \(days) days, on \(date); renew it on the appliance")
        default: return Finding(mark, .certificate, "\(prefix)valid for \(days) days, until \(date)")
        }
    }

    /// Of the year 9999, the last that a certificate can name.
    private static let lastSecond: Int64 = 253_402_300_799

    private var clock: Finding? {
        guard isReached else { return nil }
        guard let skew else {
            return Finding(.warning, .clock, "the response has no Date, so that the skew is unknown")
        }
        guard skew.magnitude > 1 else { return Finding(.ok, .clock, "skew below 1 s") }
        let text = "\(skew.magnitude) s \(skew < 0 ? "behind" : "ahead of") this machine"
        guard skew.magnitude > 300 else { return Finding(.ok, .clock, text) }
        return Finding(.warning, .clock, "\(text), signatures fail beyond 1800 s; synchronize both clocks (NTP)")
    }

    /// The appliance's clock minus this machine's, in whole seconds; nil without a `Date`.
    private var skew: Int64? {
        guard let date = attempt.serverDateMilliseconds else { return nil }
        // `Date` was written before the body, and has whole seconds.
        let transfer = max(0, min(attempt.result.phases.transfer, 3_600))
        return Int64((Double(date - nowMilliseconds) / 1_000 + transfer).rounded())
    }

    // MARK: Authentication and records

    private var access: [Finding] {
        let accepted = Finding(.ok, .signature, "accepted")
        guard let error else {
            return [accepted, Finding(.ok, .permission, "\(attempt.path) is readable")]
        }
        switch error.subject {
        case .reach, .certificate: return []
        case .signature where acceptedDateFormat != nil:
            let setting = target.dateFormatSetting + (acceptedDateFormat ?? "")
            let text = "date: the appliance rejects this date format; set \(setting)"
            return [Finding(.failed, .signature, "\(attempt.path): \(text)")]
        case .permission: return [accepted, Finding(refusal, .permission, "\(attempt.path): \(error.text)")]
        default: return [Finding(refusal, error.subject, "\(attempt.path): \(error.text)")]
        }
    }

    /// How serious it is that this path fails, and others may not: it may be one that is not polled.
    private var refusal: Finding.Severity { target.pollsModelBreaches || !allowsNextRequest ? .failed : .warning }

    private var breaches: [Finding] {
        guard attempt.error == nil else { return [] }
        let window = "in the last \(Self.duration(windowSeconds))"
        guard records.count > 0 else {
            return [Finding(.ok, .breaches, "none created \(window), no record was read")]
        }
        let found = Finding(.ok, .breaches, "\(records.count) created \(window)")
        guard let problem = records.firstProblem else {
            return [found, Finding(.ok, .records, "all readable")] + shortRecords
        }
        let text =
            "\(records.unreadable) of \(records.count) unreadable, the first because \(problem); please report it"
        // When none of several records is readable, the format is unknown, and a poll fails as well.
        let isUnknownFormat = records.readable == 0 && records.unreadable >= 3
        return [found, Finding(isUnknownFormat ? .failed : .warning, .records, text)] + shortRecords
    }

    private var shortRecords: [Finding] {
        guard records.incomplete > 0 else { return [] }
        let text = "\(records.incomplete) of \(records.count) short records lack name, score or creation time; "
        return [Finding(.ok, .records, text + "the exporter requests full records automatically")]
    }

    // MARK: Parts

    private var error: ClassifiedError? {
        attempt.error.map { ClassifiedError($0, hasResponse: attempt.result.head != nil) }
    }

    /// Whether a response came from the appliance itself.
    private var isReached: Bool {
        attempt.result.head != nil && error?.subject != .reach && error?.subject != .certificate
    }

    private var phaseTimings: String {
        let phases = attempt.result.phases
        let parts = [
            ("name lookup", phases.resolve), ("connect", phases.connect), ("TLS", phases.tls),
            ("response", phases.wait),
            ("transfer", phases.transfer),
        ]
        let timings = parts.filter { $0.1 > 0 }.map { "\($0.0) \(Self.seconds($0.1))" }
        return timings.isEmpty ? "" : " (\(timings.joined(separator: ", ")))"
    }

    private static func seconds(_ value: Double) -> String {
        let milliseconds = Int((min(value, 1e6) * 1_000).rounded())
        return "\(milliseconds / 1_000).\(String(1_000 + milliseconds % 1_000).dropFirst())"
    }

    private static func duration(_ seconds: Double) -> String {
        seconds >= 60 ? "\(Int(seconds / 60)) min" : "\(Int(seconds)) s"
    }
}

/// An error with the subject under which an operator looks for it.
private struct ClassifiedError {
    let subject: Finding.Subject
    let text: String

    init(_ error: APIError, hasResponse: Bool) {
        switch error.reason {
        case .resolve, .connect, .proxy: subject = .reach
        case .tls: subject = .certificate
        case .signature, .date: subject = .signature
        case .login: subject = .login
        case .permission: subject = .permission
        default: subject = hasResponse ? .answer : .reach
        }
        // docs/troubleshooting.md has a section for each reason.
        text = "\(error)"
    }
}
