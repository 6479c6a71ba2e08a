/// The second look for records that the appliance listed late: twice over everything that may still change.
///
/// It begins where the last one could not yet be sure, so that a record listed up to the recheck window after its
/// creation is found whatever the times of the rechecks, an outage in between included.
struct Recheck: Sendable, Equatable {
    /// Everything created up to here was asked for when it was older than the recheck window.
    private(set) var watermark: Int64
    /// When the next one is due, in nanoseconds of the monotonic clock.
    private(set) var due: Int64
    private var course: ScanProgress?
    var windowSize: AdaptiveWindow
    private let window: Int64
    private let interval: Int64

    private struct ScanProgress: Sendable, Equatable {
        let start: Int64
        let target: Int64
        var position: Int64
        var byCreation = true
    }

    /// How far, in milliseconds, an appliance's clock may step and still nothing is missed.
    static let clockMargin: Int64 = 2 * 3_600_000

    /// - Parameters:
    ///   - window, interval: In milliseconds.
    ///   - due: At the earliest, in nanoseconds of the monotonic clock.
    init(settled: Int64, window: Int64, interval: Int64, due: Int64, slices: AdaptiveWindow = AdaptiveWindow()) {
        self.watermark = settled
        self.window = window
        self.interval = interval
        self.due = due
        self.windowSize = slices
    }

    /// What is to be asked for next, if anything is due.
    ///
    /// - Parameters:
    ///   - now: The appliance's clock.
    ///   - oldest: Nothing before this could be counted.
    mutating func next(now: Int64, monotonic: Int64, oldest: Int64) -> (window: QueryWindow, byCreation: Bool)? {
        guard monotonic >= due else { return nil }
        if course == nil {
            let start = max(min(watermark, now - window) - Self.clockMargin, min(oldest, now - 1_000))
            course = ScanProgress(start: start, target: now, position: start)
        }
        return course.map { course in
            let end = min(course.position + windowSize.width, course.target)
            return (QueryWindow(start: course.position, end: end), course.byCreation)
        }
    }

    /// What `settled` becomes when this slice is committed; nil while more is to be asked for.
    func watermark(after slice: QueryWindow) -> Int64? {
        guard let course, !course.byCreation, slice.end >= course.target else { return nil }
        return course.target - window
    }

    /// A slice was asked for and committed.
    mutating func commit(_ slice: QueryWindow, monotonic: Int64) {
        guard var course else { return }
        windowSize.grow(after: slice.span)
        if let settled = watermark(after: slice) {
            self.watermark = settled
            self.course = nil
            due = monotonic + interval * 1_000_000
            return
        }
        course.position = slice.end
        if slice.end >= course.target {
            course.byCreation = false
            course.position = course.start
        }
        self.course = course
    }

    /// The clock stepped: what was under way begins again.
    mutating func restart() { course = nil }

    /// It failed: the polls go on without it for a while.
    mutating func postpone(monotonic: Int64) {
        due = monotonic + interval * 1_000_000 / 4
    }
}
