import Darktrace

/// Why a poll ends before it has done all there is to do.
enum Interruption: Error {
    /// The task is cancelled: nothing is to be said about it.
    case cancelled
    /// The next tick is due, or the budget is used up until then.
    case deadline
    case failed(Poll.Failure, Setback)
}

/// What a failure means for the time of the next try.
struct Setback: Sendable, Equatable {
    var cause = Backoff.Cause.other
    /// Seconds.
    var retryAfter: Double?
    var scope = Scope.feed
    /// The appliance has nothing to do with it: the next tick is soon enough.
    var isLocal = false

    /// Whom a failure concerns.
    enum Scope: Sendable {
        /// The feed alone.
        case feed
        /// Whatever is less important, too: nobody is reached, or there were too many requests.
        case lesserFeeds
        /// Every feed: what signs one request signs all.
        case allFeeds
    }
}

extension Interruption {
    /// The appliance gave no whole answer.
    init(_ refusal: Refusal, retryAfter: Double?) {
        let isAboutCredentials = [.signature, .login, .permission].contains(refusal.reason)
        self.init(refusal, cause: isAboutCredentials ? .credentials : .other, retryAfter: retryAfter)
    }

    /// The same for a request that may be refused while others are answered: such a refusal lasts.
    init(lasting refusal: Refusal, retryAfter: Double?) {
        guard refusal.reason.isAboutRequest else {
            self.init(refusal, retryAfter: retryAfter)
            return
        }
        self.init(refusal, cause: .lasting, retryAfter: retryAfter)
    }

    private init(_ refusal: Refusal, cause: Backoff.Cause, retryAfter: Double?) {
        self = .failed(
            Poll.Failure(.request, "\(refusal.reason.rawValue): \(refusal.detail)"),
            Setback(cause: cause, retryAfter: retryAfter, scope: Setback.Scope(refusal.reason)))
    }
}

extension Setback.Scope {
    init(_ reason: Refusal.Reason) {
        switch reason {
        case .signature, .date: self = .allFeeds
        case .resolve, .connect, .proxy, .tls, .rateLimited: self = .lesserFeeds
        // One that is too slow for this, or fails at it, may well answer something smaller.
        case .timeout, .server: self = .feed
        case .input, .login, .permission, .notFound, .malformed, .tooLarge, .unexpected: self = .feed
        }
    }
}
