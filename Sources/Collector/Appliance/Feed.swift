import Darktrace
import Ledger

/// A feed of one appliance while it is polled: it keeps what its polls need to remember.
protocol Feed: AnyObject {
    var kind: FeedKind { get }
    /// The results of the current or last poll, for its report.
    var counts: PollCounts { get }
    /// The series that the new-series hold exposes as 0, by their ledger key.
    var heldSeries: (feed: FeedKey, rows: [RowKey]) { get }
    /// When `timerFired` is due; nil for never.
    var timerDue: MonotonicInstant? { get }

    /// It has not succeeded since the start, and the last poll showed that the appliance or the API user does not have
    /// the endpoint.
    var isRefused: Bool { get }

    /// Publishes what is known from the previous run.
    func restore() async
    /// Polls until nothing is left to request or the deadline has passed.
    ///
    /// - Parameter deadline: Nil when this is the only poll, so that it must finish all work.
    func poll(credentials: Credentials, until deadline: MonotonicInstant?) async throws(PollError)
    /// Performs work that needs no request, such as the end of a hold.
    func timerFired() async
}

extension Feed {
    /// It is refused, and need not be there: a failure that is none to alert on.
    var isUnavailable: Bool { kind.isOptional && isRefused }
}

/// The results of a poll.
struct PollCounts: Sendable, Equatable {
    var counted = 0
    var unreadable = 0
    var unreadableFields = 0
    /// By the exporter's clock.
    var cursor: ApplianceTime?
    var isComplete = false
}

/// Why a poll ended early.
enum PollError: Error {
    /// The task was cancelled; nothing is reported.
    case cancelled
    case failed(PollReport.Failure, RetryPolicy)
}

/// When and for which feeds a failure delays the next attempt.
struct RetryPolicy: Sendable, Equatable {
    var cause = Backoff.Cause.other
    /// What the appliance asked for.
    var retryAfter: Duration?
    var scope = Scope.feed
    /// The failure is local, not the appliance's: the next scheduled poll retries.
    var skipsBackoff = false

    /// The feeds that a failure concerns.
    enum Scope: Sendable {
        case feed
        /// The feed and those of lower priority: the appliance cannot be reached, or there were too many requests.
        case lowerPriorityFeeds
        /// All feeds: they sign with the same credentials.
        case allFeeds

        init(_ reason: APIError.Reason) {
            switch reason {
            case .signature, .date: self = .allFeeds
            case .resolve, .connect, .proxy, .tls, .rateLimited: self = .lowerPriorityFeeds
            // An appliance that is too slow for one request, or fails at it, may answer a smaller one.
            case .timeout, .server: self = .feed
            case .input, .login, .permission, .notFound, .malformed, .tooLarge, .unexpected: self = .feed
            }
        }
    }
}

extension PollError {
    /// The request of a feed that must succeed failed.
    init(_ error: APIError, retryAfter: Duration?) {
        let isAboutCredentials = [.signature, .login, .permission].contains(error.reason)
        self.init(error, cause: isAboutCredentials ? .credentials : .other, retryAfter: retryAfter)
    }

    /// The request of a feed that may be unavailable failed. What lasts until an administrator changes something is
    /// retried rarely.
    ///
    /// - Parameter isUnavailable: The appliance turned out not to have the feed, whatever it answers.
    init(optional error: APIError, isUnavailable: Bool, retryAfter: Duration?) {
        guard isUnavailable || error.reason.isAboutRequest else {
            self.init(error, retryAfter: retryAfter)
            return
        }
        self.init(error, cause: .persistent, retryAfter: retryAfter)
    }

    private init(_ error: APIError, cause: Backoff.Cause, retryAfter: Duration?) {
        self = .failed(
            PollReport.Failure(.request, "\(error)", apiReason: error.reason),
            RetryPolicy(cause: cause, retryAfter: retryAfter, scope: RetryPolicy.Scope(error.reason)))
    }
}

extension PollError {
    /// The ledger could not be read or written.
    init(_ error: LedgerError) {
        self = .failed(PollReport.Failure(.ledger, error.description), RetryPolicy())
    }

    /// A poll of a counted feed failed.
    init(_ failure: QueryPlanner.Failure) {
        switch failure {
        case .request(let request): self.init(request.error, retryAfter: request.retryAfter)
        case .budget:
            let detail = "no request left in this minute's budget: raise requests_per_minute or poll_interval"
            self = .failed(PollReport.Failure(.budget, detail), RetryPolicy(skipsBackoff: true))
        case .unreadable(let count):
            let detail = "none of \(count) records could be read, so nothing was counted; please report it"
            self = .failed(PollReport.Failure(.records, detail), RetryPolicy(skipsBackoff: true))
        }
    }
}
