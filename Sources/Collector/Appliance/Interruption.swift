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
    /// The appliance has nothing to do with it: the next tick is soon enough.
    var isLocal = false
}

extension Interruption {
    /// The appliance gave no whole answer.
    init(_ refusal: Refusal, retryAfter: Double?) {
        let isAboutCredentials = [.signature, .login, .permission].contains(refusal.reason)
        self = .failed(
            Poll.Failure(.request, "\(refusal.reason.rawValue): \(refusal.detail)"),
            Setback(cause: isAboutCredentials ? .credentials : .other, retryAfter: retryAfter))
    }
}
