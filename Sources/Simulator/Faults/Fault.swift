/// The faults and variations of an appliance that can be switched on.
package enum Fault: String, Sendable, CaseIterable {
    // Authentication.
    case refusedDateForm = "refused-date-form"
    case clockSkew = "clock-skew"
    case dateWindow = "date-window"
    case signing
    case unknownToken = "unknown-token"
    case revokedToken = "revoked-token"
    case loginForm = "login-form"

    // Errors.
    case loggedOut = "logged-out"
    case loginPage = "login-page"
    case permission
    case inputError = "input-error"
    case notFound = "not-found"
    case rateLimited = "rate-limited"
    case retryAfterForm = "retry-after-form"
    case serverError = "server-error"
    case cvesList = "cves-list"
    case filterTypesList = "filtertypes-list"

    // Transport of a response.
    case delay
    case slow
    case silent
    case stall
    case cut
    case reset
    case resetBody = "reset-body"
    case closed
    case gzip
    case contentLength = "content-length"

    // Content of a response.
    case emptyBody = "empty-body"
    case notJSON = "not-json"
    case wrongContent = "wrong-content"
    case contentType = "content-type"
    case truncated
    case trailingGarbage = "trailing-garbage"
    case whitespace
    case endless
    case repeatedRecords = "repeated-records"

    // Records; these apply to records created from then on.
    case ids
    case noCategory = "no-category"
    case lateRecords = "late-records"
    case lateBy = "late-by"
    case negativeDelay = "negative-delay"
    case lateListing = "late-listing"
    case lateListingShare = "late-listing-share"
    case suppressed
    case acknowledgedAfter = "acknowledged-after"
    case unreadableEvery = "unreadable-every"
    case modelVariants = "model-variants"

    // Lists and form of records.
    case descending
    case exclusiveEnd = "exclusive-end"
    case ignoresCreationTime = "ignores-creationtime"
    case refusesCreationTime = "refuses-creationtime"
    case shortFormLacks = "short-form-lacks"
    case unknownFields = "unknown-fields"
    case padding
    case numbersAsText = "numbers-as-text"
    case bareDevices = "bare-devices"
    case renamedModels = "renamed-models"
    case noPercentScore = "no-percentscore"

    // Other endpoints.
    case emptyLicence = "empty-licence"
    case timeWithoutSeconds = "time-without-seconds"
    case probeError = "probe-error"
    case probesByAddress = "probes-by-address"
    case instances
    case groupScore = "group-score"
    case oldIncidents = "old-incidents"
    case oldStatistics = "old-statistics"
    case noTactics = "no-tactics"
    case youngSite = "young-site"
}

extension Fault {
    /// A short description for --help.
    var summary: String {
        switch self {
        case .refusedDateForm: "date forms that are answered with API DATE ERROR"
        case .clockSkew: "seconds that the appliance's clock is ahead of the world's"
        case .dateWindow: "seconds that a date may be off; 0 for any"
        case .signing: "what must be signed: the query as sent, or percent-decoded"
        case .unknownToken: "response to an unknown public token"
        case .revokedToken: "the token pair is revoked"
        case .loginForm: "form of redirects to the login"
        case .loggedOut: "every request is redirected to the login"
        case .loginPage: "the HTML login page with 200"
        case .permission: "the user lacks permission: redirect to /403, or 403"
        case .inputError: "400 INPUT ERROR"
        case .notFound: "404"
        case .rateLimited: "429 with Retry-After in seconds"
        case .retryAfterForm: "Retry-After as a date, or left out"
        case .serverError: "the appliance or a gateway returns this status"
        case .cvesList: "/cves returns a list instead of 500"
        case .filterTypesList: "/filtertypes returns a list instead of 302"
        case .delay: "milliseconds before the status line"
        case .slow: "bytes of body per second"
        case .silent: "accepts requests and never responds"
        case .stall: "this many bytes of body, then nothing more"
        case .cut: "this many bytes of body, then the connection is closed"
        case .reset: "the connection is reset instead of a response"
        case .resetBody: "this many bytes of body, then the connection is reset"
        case .closed: "nothing listens (own listener, or all appliances)"
        case .gzip: "compresses bodies if the client accepts gzip"
        case .contentLength: "lists have a Content-Length"
        case .emptyBody: "200 without a body"
        case .notJSON: "200 with text that is not JSON"
        case .wrongContent: "200 with JSON of another kind"
        case .contentType: "another Content-Type"
        case .truncated: "this many bytes of body as a complete response"
        case .trailingGarbage: "more text after the list"
        case .whitespace: "lists with white space"
        case .endless: "a list that never ends"
        case .repeatedRecords: "each record listed twice"
        case .ids: "13 digits, those of two masters of a Unified View, negative, or restarting at 1"
        case .noCategory: "neither category nor compliance flag, as in version 4"
        case .lateRecords: "share of records created long after their activity"
        case .lateBy: "seconds between activity and creation of these"
        case .negativeDelay: "share of records created a second before their activity"
        case .lateListing: "seconds from a record's creation to its listing"
        case .lateListingShare: "share of records that are listed late"
        case .suppressed: "share of records that are suppressed"
        case .acknowledgedAfter: "every record is acknowledged after this many seconds"
        case .unreadableEvery: "one in this many records has no id, no time, or is not an object"
        case .modelVariants: "number of names that each model is split into"
        case .descending: "newest first"
        case .exclusiveEnd: "endtime is not part of the window"
        case .ignoresCreationTime: "windows are always of activity times"
        case .refusesCreationTime: "creationtime is an INPUT ERROR"
        case .shortFormLacks: "fields that minimal=true leaves out"
        case .unknownFields: "records have unknown fields"
        case .padding: "additional bytes in each record"
        case .numbersAsText: "numbers written as text"
        case .bareDevices: "devices have their id only"
        case .renamedModels: "models were renamed since the breach"
        case .noPercentScore: "no percentscore, as up to 6.0"
        case .emptyLicence: "licences without an expiry date"
        case .timeWithoutSeconds: "/status has the time without seconds, as up to 6.0"
        case .probeError: "one probe in /status has failed"
        case .probesByAddress: "probes keyed by address, as in 2019"
        case .instances: "/status of a Unified View"
        case .groupScore: "groupScore of AI Analyst as text, or null"
        case .oldIncidents: "AI Analyst without categories and groups, as in old versions"
        case .oldStatistics: "/summarystatistics with few types of devices, as in 2019"
        case .noTactics: "mitreTactics is an INPUT ERROR"
        case .youngSite: "Autonomous Response is licensed but not running, and no breach is acknowledged"
        }
    }
}

extension Fault {
    /// What may stand after `=`.
    enum Argument: Sendable, Equatable {
        case nothing
        /// One of these; the first if none is given.
        case choice([String])
        /// Several of these between commas; the first if none is given.
        case choices([String])
        /// A number in this range, and what it is if none is given.
        case number(ClosedRange<Double>, preset: Double)
        /// Any text, and what it is if none is given.
        case text(preset: String)
    }

    var argument: Argument {
        switch self {
        case .refusedDateForm: .choices(["compact", "spaced", "iso8601"])
        case .clockSkew: .number(-1e9...1e9, preset: 1_860)
        case .dateWindow: .number(0...1e9, preset: 0)
        case .signing: .choice(["encoded", "unencoded", "either"])
        case .unknownToken: .choice(["login", "signature", "unauthorized"])
        case .loginForm: .choice(["old", "new"])
        case .permission: .choice(["302", "403"])
        case .rateLimited: .number(0...1e6, preset: 30)
        case .retryAfterForm: .choice(["date", "none", "seconds"])
        case .serverError: .choice(["500", "501", "502", "503", "504"])
        case .delay: .number(0...1e7, preset: 2_000)
        case .slow: .number(1...1e9, preset: 1_000)
        case .stall, .cut, .resetBody, .truncated: .number(0...1e12, preset: 100)
        case .wrongContent: .choice(["object", "null", "number", "text", "nested"])
        case .contentType: .text(preset: "text/html")
        case .ids: .choice(["long", "view", "negative", "reset", "plain"])
        case .lateRecords, .negativeDelay, .lateListingShare, .suppressed: .number(0...1, preset: 1)
        case .lateBy: .number(0...172_800, preset: 7_200)
        case .lateListing: .number(0...1e7, preset: 7_200)
        case .acknowledgedAfter: .number(0...1e7, preset: 5)
        case .unreadableEvery: .number(1...1e6, preset: 5)
        case .modelVariants: .number(1...1e6, preset: 100)
        case .shortFormLacks: .choices(["score", "name", "creationTime", "acknowledged"])
        case .padding: .number(0...1e7, preset: 10_000)
        case .numbersAsText: .choice(["status", "breaches", "all"])
        case .groupScore: .choice(["text", "null"])
        default: .nothing
        }
    }

    /// The value that a given text means; throws a sentence when it cannot be one.
    func value(_ text: String?) throws(InvalidFault) -> String {
        switch argument {
        case .nothing:
            guard text == nil else { throw InvalidFault("fault \(rawValue) takes no value") }
            return ""
        case .text(let preset): return text ?? preset
        case .choice(let words):
            guard let text else { return words[0] }
            guard words.contains(text) else { throw invalid(text, "one of \(words.joined(separator: ", "))") }
            return text
        case .choices(let words):
            guard let text else { return words[0] }
            let given = text.split(separator: ",").map(String.init)
            guard !given.isEmpty, given.allSatisfy(words.contains) else {
                throw invalid(text, "a comma list of \(words.joined(separator: ", "))")
            }
            return text
        case .number(let range, let preset):
            guard let text else { return JSON.number(preset).text }
            guard let number = Double(text), range.contains(number) else {
                throw invalid(
                    text, "a number from \(JSON.number(range.lowerBound).text) to \(JSON.number(range.upperBound).text)"
                )
            }
            return text
        }
    }

    private func invalid(_ text: String, _ wanted: String) -> InvalidFault {
        InvalidFault("fault \(rawValue) cannot be \(text); give \(wanted)")
    }
}

/// A switch that does not exist or cannot have this value, as one line.
struct InvalidFault: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) { self.description = description }
}
