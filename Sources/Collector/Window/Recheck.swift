/// The periodic second query for records that the appliance listed late: over everything that may still change, by
/// creation time and, where records have one, by activity time.
///
/// It starts where the last recheck could not yet be certain. A record that is listed up to the recheck window after
/// its creation is therefore found whatever the times of the rechecks, also across an outage.
struct Recheck: Sendable, Equatable {
    /// Everything created up to here was requested when it was older than the recheck window.
    private(set) var watermark: ApplianceTime
    /// When the next scan is due.
    private(set) var due: MonotonicInstant
    var windowSize = AdaptiveWindow()
    private var scan: ScanProgress?
    private let window: Duration
    private let interval: Duration
    /// Scan by creation time, then by activity time.
    private let scansByActivity: Bool

    private struct ScanProgress: Sendable, Equatable {
        let start: ApplianceTime
        let target: ApplianceTime
        var position: ApplianceTime
        var byCreation = true
    }

    /// How far an appliance's clock may step without records being missed.
    static let clockMargin = Duration.seconds(2 * 3_600)

    init(
        watermark: ApplianceTime, window: Duration, interval: Duration, scansByActivity: Bool = true,
        due: MonotonicInstant
    ) {
        self.watermark = watermark
        self.window = window
        self.interval = interval
        self.scansByActivity = scansByActivity
        self.due = due
    }

    /// Starts a scan when it is due, and returns its next window.
    ///
    /// - Parameters:
    ///   - now: The appliance's clock.
    ///   - oldest: Nothing before this time could be counted.
    mutating func next(
        now: ApplianceTime, monotonic: MonotonicInstant, oldest: ApplianceTime
    ) -> (window: QueryWindow, byCreation: Bool)? {
        guard monotonic >= due else { return nil }
        if scan == nil {
            let start = max(
                min(watermark, now - window) - Self.clockMargin, min(oldest, now - AdaptiveWindow.narrowest))
            scan = ScanProgress(start: start, target: now, position: start)
        }
        return scan.map { scan in
            let end = min(scan.position + windowSize.width, scan.target)
            return (QueryWindow(start: scan.position, end: end), scan.byCreation)
        }
    }

    /// The watermark after this window is committed, if it is the last one of the scan.
    func watermark(after window: QueryWindow) -> ApplianceTime? {
        guard let scan, !(scan.byCreation && scansByActivity), window.end >= scan.target else { return nil }
        return scan.target - self.window
    }

    /// A window was committed.
    mutating func commit(_ window: QueryWindow, at monotonic: MonotonicInstant) {
        guard var scan else { return }
        windowSize.grow(after: window.span)
        if let watermark = watermark(after: window) {
            self.watermark = watermark
            self.scan = nil
            due = monotonic + interval
            return
        }
        scan.position = window.end
        if window.end >= scan.target {
            scan.byCreation = false
            scan.position = scan.start
        }
        self.scan = scan
    }

    /// Discards the scan under way, because the appliance's clock stepped.
    mutating func restart() { scan = nil }

    /// Delays the recheck after a failure, so that polls continue without it.
    mutating func postpone(at monotonic: MonotonicInstant) {
        due = monotonic + interval.divided(by: 4)
    }
}

extension Recheck {
    /// The recheck of a feed, due when its interval has passed since the last one.
    ///
    /// - Parameter watermark: That of the last recheck; nil before the first, which is due after the interval.
    init(watermark: ApplianceTime?, _ settings: QueryPlanner.Settings, at now: QueryPlanner.Now) {
        let present = now.appliance - settings.recheckWindow
        let watermark = watermark ?? present
        let age = max(.zero, present - watermark)
        self.init(
            watermark: watermark, window: settings.recheckWindow, interval: settings.recheckInterval,
            scansByActivity: settings.hasActivityTime,
            due: now.monotonic + max(.zero, settings.recheckInterval - age))
    }
}
