import Darktrace

/// Why a poll ends before it has done all there is to do.
enum PollError: Error {
    /// The task is cancelled: nothing is to be said about it.
    case cancelled
    /// The next tick is due, or the budget is used up until then.
    case deadline
    case failed(PollReport.Failure, RetryPolicy)
}

/// What a failure means for the time of the next try.
struct RetryPolicy: Sendable, Equatable {
    var cause = Backoff.Cause.other
    /// Seconds.
    var retryAfter: Double?
    var scope = Scope.feed
    /// The appliance has nothing to do with it: the next tick is soon enough.
    var skipsBackoff = false

    /// Whom a failure concerns.
    enum Scope: Sendable {
        /// The feed alone.
        case feed
        /// Whatever is less important, too: nobody is reached, or there were too many requests.
        case lowerPriorityFeeds
        /// Every feed: what signs one request signs all.
        case allFeeds
    }
}

extension PollError {
    /// The appliance gave no whole answer.
    init(_ refusal: APIError, retryAfter: Double?) {
        let isAboutCredentials = [.signature, .login, .permission].contains(refusal.reason)
        self.init(refusal, cause: isAboutCredentials ? .credentials : .other, retryAfter: retryAfter)
    }

    /// The same for a request that may be refused while others are answered: such a refusal lasts.
    init(lasting refusal: APIError, retryAfter: Double?) {
        guard refusal.reason.isAboutRequest else {
            self.init(refusal, retryAfter: retryAfter)
            return
        }
        self.init(refusal, cause: .persistent, retryAfter: retryAfter)
    }

    private init(_ refusal: APIError, cause: Backoff.Cause, retryAfter: Double?) {
        self = .failed(
            PollReport.Failure(
                .request, "\(refusal.reason.rawValue): \(refusal.detail)", apiReason: refusal.reason),
            RetryPolicy(cause: cause, retryAfter: retryAfter, scope: RetryPolicy.Scope(refusal.reason)))
    }
}

extension RetryPolicy.Scope {
    init(_ reason: APIError.Reason) {
        switch reason {
        case .signature, .date: self = .allFeeds
        case .resolve, .connect, .proxy, .tls, .rateLimited: self = .lowerPriorityFeeds
        // One that is too slow for this, or fails at it, may well answer something smaller.
        case .timeout, .server: self = .feed
        case .input, .login, .permission, .notFound, .malformed, .tooLarge, .unexpected: self = .feed
        }
    }
}
