/// One request and its answer, from the request line to `MHD_OPTION_NOTIFY_COMPLETED`.
///
/// Only its daemon's thread touches it.
final class RequestState {
    let target: RequestTarget
    var line: HTTPConnection?
    var isHeadSeen = false
    /// Whether the method is `HEAD`.
    var isHeadOnly = false
    var bodyCount = 0
    /// An answer that is held back.
    var held: Response?
    /// What the answer waits for, and who makes it then.
    var delayed: (delay: DeferredResponse, then: Handler)?
    /// The status and the hook of the answer that was begun.
    private var begun: (status: Int, onFinished: (@Sendable (Response.Completion) -> Void)?)?

    init(target: RequestTarget) { self.target = target }

    /// Remembers whom to tell about the end.
    func begin(_ response: Response) { begun = (response.status, response.onFinished) }

    /// Tells the answer's owner that it is over; at most once.
    func finish(isWhole: Bool) {
        guard let (status, onFinished) = begun else { return }
        begun = nil
        onFinished?(Response.Completion(status: status, isComplete: isWhole))
    }
}
