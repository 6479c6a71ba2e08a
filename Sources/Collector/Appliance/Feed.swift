import Darktrace
import Ledger

/// Something that is polled on a line. An endpoint that only tells how things stand needs none of its own: `StateFeed`.
protocol Feed: AnyObject {
    var kind: FeedKind { get }
    /// What was found out since the poll began, for the poll's report.
    var counts: PollCounts { get }
    /// The series that are shown as 0 for now, where the ledger keeps them.
    var heldSeries: (feed: FeedKey, rows: [RowKey]) { get }
    /// When something is due that needs no request, in nanoseconds of the monotonic clock.
    var timerDue: Int64? { get }

    /// Shows what is known from before.
    func restore() async
    /// Does one tick's work until nothing is left or the deadline has come.
    func poll(credentials: Credentials, until deadline: Int64) async throws(PollError)
    /// Does what is due without a request.
    func timerFired() async
}

/// What a poll comes to.
struct PollCounts: Sendable, Equatable {
    var counted = 0
    var unreadable = 0
    /// In milliseconds of our clock.
    var cursor: Int64?
    var isComplete = false
}
