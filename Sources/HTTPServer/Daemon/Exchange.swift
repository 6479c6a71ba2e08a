/// One request and its answer, from the request line to `MHD_OPTION_NOTIFY_COMPLETED`.
///
/// Only its daemon's thread touches it.
final class Exchange {
    let target: Target
    var line: Line?
    var isHeadSeen = false
    /// Whether the method is `HEAD`.
    var isHeadOnly = false
    var bodyCount = 0
    /// An answer that is held back.
    var held: Response?
    /// What the answer waits for, and who makes it then.
    var delayed: (delay: Delay, then: Handler)?
    /// The status and the hook of the answer that was begun.
    private var begun: (status: Int, onFinished: (@Sendable (Response.Finish) -> Void)?)?

    init(target: Target) { self.target = target }

    /// Remembers whom to tell about the end.
    func begin(_ response: Response) { begun = (response.status, response.onFinished) }

    /// Tells the answer's owner that it is over; at most once.
    func finish(isWhole: Bool) {
        guard let (status, onFinished) = begun else { return }
        begun = nil
        onFinished?(Response.Finish(status: status, isWhole: isWhole))
    }
}
