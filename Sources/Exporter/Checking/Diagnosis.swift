package import Darktrace

/// Judges what one request told of an appliance, from the way there to its records.
package struct Diagnosis: Sendable {
    let way: TargetInfo
    let attempt: Attempt
    let sample: RecordStats
    /// How long the window was that was asked for, in seconds.
    let windowSeconds: Double
    /// Our clock when the answer had come, in milliseconds since 1970.
    let nowMilliseconds: Int64

    package init(
        way: TargetInfo, attempt: Attempt, sample: RecordStats = RecordStats(), windowSeconds: Double,
        nowMilliseconds: Int64
    ) {
        self.way = way
        self.attempt = attempt
        self.sample = sample
        self.windowSeconds = windowSeconds
        self.nowMilliseconds = nowMilliseconds
    }

    /// The facts in the order of the way.
    package var findings: [Finding] {
        [reach, certificate, clock].compactMap { $0 } + access + breaches
    }

    /// Another request has something new to tell: this one was answered, or refused for what it asks for.
    package var allowsNextRequest: Bool { attempt.refusal?.reason.isAboutRequest ?? true }

    // MARK: The way there

    private var reach: Finding? {
        let place = way.isProxied ? "\(way.place) through the proxy" : way.place
        if let refusal, refusal.subject == .reach {
            return Finding(.failed, .reach, "\(place): \(refusal.text)\(phaseTimings)")
        }
        guard isReached else { return Finding(.ok, .reach, "\(place) is there\(phaseTimings)") }
        return Finding(
            .ok, .reach, "\(place) answered in \(Self.seconds(attempt.exchange.phases.total)) s\(phaseTimings)")
    }

    private var certificate: Finding? {
        if let refusal, refusal.subject == .certificate { return Finding(.failed, .certificate, refusal.text) }
        guard isReached else { return nil }
        guard way.isSecure else { return Finding(.ok, .certificate, "none, the url is http to this machine") }
        let lead = way.isVerified ? "" : "not verified, as insecure_skip_verify says; "
        let mark = way.isVerified ? Finding.Severity.ok : .warning
        guard let end = attempt.exchange.certificateExpiry.map({ min(max($0, 0), Self.lastSecond) }) else {
            return Finding(mark, .certificate, "\(lead)its end is not known")
        }
        let left = end - nowMilliseconds / 1_000
        let (days, date) = (left / 86_400, UTC.shortText(end * 1_000))
        switch left {
        case ..<0: return Finding(.warning, .certificate, "\(lead)ended on \(date); renew it on the appliance")
        case ..<(30 * 86_400):
            return Finding(.warning, .certificate, "\(lead)ends in \(days) days, on \(date); renew it on the appliance")
        default: return Finding(mark, .certificate, "\(lead)good for \(days) days, until \(date)")
        }
    }

    /// Of the year 9999: a certificate cannot say more.
    private static let lastSecond: Int64 = 253_402_300_799

    private var clock: Finding? {
        guard isReached else { return nil }
        guard let date = attempt.serverDateMilliseconds else {
            return Finding(.warning, .clock, "the answer has no date, so the appliance's clock is not known")
        }
        // `Date` was written before the body came, and has whole seconds.
        let transfer = max(0, min(attempt.exchange.phases.transfer, 3_600))
        let skew = Int64((Double(date - nowMilliseconds) / 1_000 + transfer).rounded())
        guard skew.magnitude > 1 else { return Finding(.ok, .clock, "within a second of ours") }
        let text = "\(skew.magnitude) s \(skew < 0 ? "behind" : "ahead of") ours"
        guard skew.magnitude > 300 else { return Finding(.ok, .clock, text) }
        return Finding(
            .warning, .clock, "\(text); signatures fail beyond 1800 s: set both clocks by the same source")
    }

    // MARK: Who may ask, and what came

    private var access: [Finding] {
        let accepted = Finding(.ok, .signature, "accepted")
        guard let refusal else {
            return [accepted, Finding(.ok, .permission, "\(attempt.path) may be read")]
        }
        switch refusal.subject {
        case .reach, .certificate: return []
        case .permission: return [accepted, Finding(.failed, .permission, "\(attempt.path): \(refusal.text)")]
        default: return [Finding(.failed, refusal.subject, "\(attempt.path): \(refusal.text)")]
        }
    }

    private var breaches: [Finding] {
        guard attempt.refusal == nil else { return [] }
        let window = "in the last \(Self.duration(windowSeconds))"
        guard sample.count > 0 else {
            return [Finding(.ok, .breaches, "none created \(window), so no record was read")]
        }
        let found = Finding(.ok, .breaches, "\(sample.count) created \(window)")
        guard let problem = sample.firstProblem else {
            return [found, Finding(.ok, .records, "all can be read")] + shortForm
        }
        let text =
            "\(sample.unreadable) of \(sample.count) cannot be read, the first because \(problem); please report it"
        // Of several records none is a form that is not known: the poll fails as well.
        let isUnknownForm = sample.readable == 0 && sample.unreadable >= 3
        return [found, Finding(isUnknownForm ? .failed : .warning, .records, text)] + shortForm
    }

    private var shortForm: [Finding] {
        guard sample.lacking > 0 else { return [] }
        let text = "\(sample.lacking) of \(sample.count) lack name, score or creation in the short form; "
        return [Finding(.ok, .records, text + "the exporter asks for the long form by itself")]
    }

    // MARK: Parts

    private var refusal: ClassifiedError? {
        attempt.refusal.map { ClassifiedError($0, hasAnswered: attempt.exchange.head != nil) }
    }

    /// An answer came, and from the appliance.
    private var isReached: Bool {
        attempt.exchange.head != nil && refusal?.subject != .reach && refusal?.subject != .certificate
    }

    /// Where the time went.
    private var phaseTimings: String {
        let phases = attempt.exchange.phases
        let parts = [
            ("name lookup", phases.resolve), ("connect", phases.connect), ("TLS", phases.tls), ("answer", phases.wait),
            ("transfer", phases.transfer),
        ]
        let words = parts.filter { $0.1 > 0 }.map { "\($0.0) \(Self.seconds($0.1))" }
        return words.isEmpty ? "" : " (\(words.joined(separator: ", ")))"
    }

    private static func seconds(_ value: Double) -> String {
        let milliseconds = Int((min(value, 1e6) * 1_000).rounded())
        return "\(milliseconds / 1_000).\(String(1_000 + milliseconds % 1_000).dropFirst())"
    }

    private static func duration(_ seconds: Double) -> String {
        seconds >= 60 ? "\(Int(seconds / 60)) min" : "\(Int(seconds)) s"
    }
}

/// A refusal, and under which subject a person should look for it.
private struct ClassifiedError {
    let subject: Finding.Subject
    let text: String

    init(_ refusal: APIError, hasAnswered: Bool) {
        switch refusal.reason {
        case .resolve, .connect, .proxy: subject = .reach
        case .tls: subject = .certificate
        case .signature, .date: subject = .signature
        case .login: subject = .login
        case .permission: subject = .permission
        default: subject = hasAnswered ? .answer : .reach
        }
        // The reason heads a section of the guide to troubleshooting.
        text = "\(refusal.reason.rawValue): \(refusal.detail)"
    }
}
