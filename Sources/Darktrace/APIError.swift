package import Values

/// Why an attempt produced no complete response. The same value reaches the log, the metrics and the pages; no code
/// parses its text.
package struct APIError: Error, Sendable, Equatable, CustomStringConvertible {
    package let reason: Reason
    /// The HTTP status, if there was a response.
    package let status: Int?
    /// What is wrong: one line without control characters or secrets.
    package let detail: String
    /// What to do.
    package let hint: Hint?

    package init(_ reason: Reason, status: Int? = nil, _ detail: String, hint: Hint? = nil) {
        self.reason = reason
        self.status = status
        self.detail = detail
        self.hint = hint
    }

    /// One line: `reason: what is wrong; what to do`.
    package var description: String {
        "\(reason.rawValue): \(detail)" + (hint.map { "; \($0)" } ?? "")
    }

    /// The error with the settings of its hint named by `name`, which gets the key in the configuration file.
    func naming(settings name: (String) -> String) -> APIError {
        APIError(reason, status: status, detail, hint: hint?.naming(settings: name))
    }

    /// The label values of `darktrace_api_request_failures_total`: a closed set.
    package enum Reason: String, Sendable, CaseIterable {
        case resolve, connect, proxy, tls, timeout
        case signature, date, input, login, permission
        case notFound = "not_found"
        case rateLimited = "rate_limited"
        case server, malformed
        case tooLarge = "too_large"
        case unexpected

        /// Other requests of the same API user may succeed.
        package var isAboutRequest: Bool {
            switch self {
            case .permission, .login, .notFound, .input, .tooLarge: true
            default: false
            }
        }

        /// The appliance or the API user does not have the endpoint.
        package var isAboutAvailability: Bool {
            switch self {
            case .permission, .login, .notFound, .input: true
            default: false
            }
        }

        /// The rights of the API user are the probable cause.
        package var isAboutPermission: Bool { self == .permission || self == .login }
    }
}

/// What to do about an error: the end of its line.
///
/// Names of settings are parts of their own, so that they can be printed as the operator writes them: as keys of the
/// file or as environment variables.
package struct Hint: Sendable, Equatable, CustomStringConvertible, ExpressibleByStringInterpolation {
    private let parts: [Part]

    fileprivate enum Part: Sendable, Equatable {
        case text(String)
        case setting(String)
    }

    /// With settings named by their keys in the configuration file.
    package var description: String {
        parts.map { part in
            switch part {
            case .text(let text), .setting(let text): text
            }
        }.joined()
    }

    /// The hint with settings named by `name`, which gets the key in the configuration file, such as `ca_file`.
    package func naming(settings name: (String) -> String) -> Hint {
        Hint(
            parts: parts.map { part in
                switch part {
                case .text: part
                case .setting(let key): .text(name(key))
                }
            })
    }

    private init(parts: [Part]) { self.parts = parts }

    package init(stringLiteral text: String) { parts = [.text(text)] }

    package init(stringInterpolation: StringInterpolation) { parts = stringInterpolation.parts }

    /// Collects the parts of a hint: `"check \(setting: "url")"`.
    package struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var parts: [Part] = []

        package init(literalCapacity: Int, interpolationCount: Int) {}

        package mutating func appendLiteral(_ text: String) { parts.append(.text(text)) }

        /// A text from outside, which must be sanitized.
        package mutating func appendInterpolation(_ text: SanitizedText) { parts.append(.text(text.description)) }

        /// A setting by its key in the configuration file.
        package mutating func appendInterpolation(setting key: String) { parts.append(.setting(key)) }
    }
}

extension Hint {
    static let resolve: Hint = "check the host in \(setting: "url") and the name servers of this machine"
    static let connect: Hint = "check \(setting: "url"), and that this machine can reach the appliance's port"
    static let proxy: Hint =
        "check \(setting: "proxy_url"), its user and password, and that the proxy can reach the appliance"
    static let tls: Hint =
        """
        check the TLS settings: \(setting: "ca_file") must hold the CA certificate that issued the appliance's \
        certificate, \(setting: "server_name") the name in it
        """
    static let slow: Hint = "if the appliance is only slow, raise \(setting: "poll_timeout")"
    static let transport: Hint =
        "check that \(setting: "url") is the appliance, and that no proxy or gateway in between changes responses"
    static let https: Hint = "the port speaks TLS: write https:// in \(setting: "url")"
    static let smaller: Hint = "the next poll requests a narrower window"
    static let fixedSize: Hint =
        "this request has no narrower window; please report it with the version of the appliance"
    static let settings: Hint = "check \(setting: "ca_file"), \(setting: "cert_file") and \(setting: "key_file")"
    static let tokens: Hint =
        "check that \(setting: "public_token") and \(setting: "private_token") are one pair, and of this appliance"
    static let otherDateFormat: Hint = "the clocks agree: try another \(setting: "date_format")"
    static let clocks: Hint = "synchronize both clocks (NTP)"
    static let clocksOrDateFormat: Hint =
        "synchronize both clocks (NTP); if the skew is small, try another \(setting: "date_format")"
    static let dateFormat: Hint = "if the date is the cause, try another \(setting: "date_format")"
    static let report: Hint =
        "this version of the appliance may not support the request; please report it with the version"
    static let login: Hint = "check that the tokens belong to this appliance and that their user may use the API"
    static let permission: Hint = "give the API user the permissions Unrestricted Devices and Visualizer"
    static let address: Hint = "check that \(setting: "url") is the appliance itself"
    static let notFound: Hint =
        "check that \(setting: "url") is the appliance itself; an old version may not have this endpoint"
    static let slower: Hint = "lower \(setting: "requests_per_minute")"
    static let server: Hint =
        "the appliance, or a gateway in front of it, has a fault: see the appliance's own status page"
}
