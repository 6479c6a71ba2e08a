package import Collector
import Locking
package import Metrics

/// The `darktrace_up` and `darktrace_poll_*` families that start at 0 with the process.
package struct PollMetrics: Sendable {
    private let up = MetricVec(Self.up)
    private let polls = MetricVec(Self.pollsTotal)
    private let failures = MetricVec(Self.pollFailuresTotal)
    private let lastSuccess = MetricVec(Self.lastSuccess)
    private let lastDuration = MetricVec(Self.lastDuration)
    private let interval = MetricVec(Self.interval)
    private let unreadable = MetricVec(Self.lastUnreadable)
    private let unreadableFields = MetricVec(Self.lastUnreadableFields)
    private let feedUp = MetricVec(Self.feedUp)
    private let available = MetricVec(Self.feedAvailable)
    private let fallback = MetricVec(Self.fallback)

    /// In the order of the exposition, in which the thousands of series that a fleet declares are sorted fastest.
    private static let reasons = PollReport.Reason.allCases.map(\.rawValue).sorted()

    /// Has no appliance yet.
    package init() {}

    /// For appliances whose model breaches are not polled: whether the last poll of each feed succeeded.
    private let successes = FeedResults()

    /// Creates every series of an appliance that is known in advance, whatever its feeds.
    package func declare(_ appliance: String, pollsModelBreaches: Bool) {
        up.declare(appliance)
        successes.byFeed.withLock { $0[appliance] = pollsModelBreaches ? nil : $0[appliance] ?? [:] }
    }

    /// Creates every series of these feeds that is known in advance.
    package func declare(_ appliance: String, feeds: [(kind: FeedKind, intervalSeconds: Double)]) {
        let sets = feeds.map(\.kind.name).sorted().map { [appliance, $0] }
        for family in [polls, unreadable, unreadableFields] { family.declare(sets) }
        failures.declare(sets.flatMap { set in Self.reasons.map { set + [$0] } })
        for feed in feeds {
            if feed.kind == .modelBreaches { fallback.declare(appliance) }
            interval.set(feed.intervalSeconds, appliance, feed.kind.name)
        }
    }

    /// Counts a poll that ended at this time, in milliseconds since 1970.
    package func end(_ appliance: String, _ poll: PollReport, milliseconds: Int64) {
        let feed = poll.feed.name
        polls.add(1, appliance, feed)
        if let isUp = isUp(appliance, after: poll) { up.set(isUp ? 1 : 0, appliance) }
        lastDuration.set(poll.seconds, appliance, feed)
        unreadable.set(Double(poll.unreadable), appliance, feed)
        unreadableFields.set(Double(poll.unreadableFields), appliance, feed)
        feedUp.set(poll.failure == nil ? 1 : 0, appliance, feed)
        available.set(poll.isRefused ? 0 : 1, appliance, feed)
        if let failure = poll.failure {
            if !poll.isUnavailable { failures.add(1, appliance, feed, failure.reason.rawValue) }
        } else {
            lastSuccess.set(Double(milliseconds) / 1_000, appliance, feed)
        }
    }

    /// Whether the appliance is up after this poll; nil if the poll does not decide.
    ///
    /// Model breaches decide; without them, an appliance is up while a poll of any feed succeeds.
    private func isUp(_ appliance: String, after poll: PollReport) -> Bool? {
        if poll.feed == .modelBreaches { return poll.failure == nil }
        return successes.byFeed.withLock { successes in
            guard successes[appliance] != nil else { return nil }
            successes[appliance]?[poll.feed.name] = poll.failure == nil
            return successes[appliance]?.values.contains(true)
        }
    }

    /// Whether other feeds than model breaches decide if the appliance is up, and whether it is; nil if they do not.
    package func isUpByOtherFeeds(_ appliance: String) -> Bool? {
        successes.byFeed.withLock { $0[appliance]?.values.contains(true) }
    }

    /// Sets whether the appliance ignores `creationtime`.
    package func setFallback(_ isOn: Bool, _ appliance: String) { fallback.set(isOn ? 1 : 0, appliance) }

    /// Removes an appliance that is no longer configured.
    package func remove(_ appliance: String) {
        for family in all { family.removeAll(of: appliance) }
        successes.byFeed.withLock { $0[appliance] = nil }
    }

    /// Removes a feed that is no longer polled.
    package func remove(_ appliance: String, feed: FeedKind) {
        for family in all where family.descriptor.labelNames.contains("feed") {
            family.removeAll(of: appliance, feed.name)
        }
        successes.byFeed.withLock { _ = $0[appliance]?.removeValue(forKey: feed.name) }
    }

    /// The current families of one appliance.
    package func collect(_ appliance: String) -> [MetricFamily] { all.map { $0.collect(appliance) } }

    /// Increases with each change of a series of the appliance.
    package func revision(of appliance: String) -> UInt64 { all.reduce(0) { $0 &+ $1.revision(of: appliance) } }

    private var all: [MetricVec] {
        [
            up, polls, failures, lastSuccess, lastDuration, interval, unreadable, unreadableFields, fallback, feedUp,
            available,
        ]
    }
}

/// Whether the last poll of each feed succeeded, by appliance.
private final class FeedResults: Sendable {
    let byFeed = Locked<[String: [String: Bool]]>([:])
}

extension PollMetrics {
    package static let up = Descriptor(
        "darktrace_up", .gauge, labels: ["appliance"],
        help: """
            Whether the last poll of model breaches succeeded (1 = yes), or of any feed if they are not polled; polls \
            run on a timer, not at the scrape.
            """)
    package static let pollsTotal = Descriptor(
        "darktrace_polls_total", .counter, labels: ["appliance", "feed"],
        help: "Total number of polls that have ended.")
    package static let pollFailuresTotal = Descriptor(
        "darktrace_poll_failures_total", .counter, labels: ["appliance", "feed", "reason"],
        help: "Total number of failed polls, by reason.")
    package static let lastSuccess = Descriptor(
        "darktrace_poll_last_success_timestamp_seconds", .gauge, labels: ["appliance", "feed"],
        help: "Unix time of the last successful poll; absent before the first one since the start.")
    package static let lastDuration = Descriptor(
        "darktrace_poll_last_duration_seconds", .gauge, labels: ["appliance", "feed"],
        help: "Duration of the last poll in seconds, including requests and commits.")
    package static let interval = Descriptor(
        "darktrace_poll_interval_seconds", .gauge, labels: ["appliance", "feed"],
        help: "Interval between polls in seconds; longer than configured if the request budget requires it.")
    package static let feedUp = Descriptor(
        "darktrace_feed_up", .gauge, labels: ["appliance", "feed"],
        help: "Whether the last poll of the feed succeeded (1 = yes).")
    package static let feedAvailable = Descriptor(
        "darktrace_feed_available", .gauge, labels: ["appliance", "feed"],
        help: "Whether the feed is available; 0 if it is forbidden, unlicensed or unknown on this appliance.")
    package static let lastUnreadable = Descriptor(
        "darktrace_poll_last_unreadable_records", .gauge, labels: ["appliance", "feed"],
        help: "Number of records of the last poll that could not be counted.")
    package static let lastUnreadableFields = Descriptor(
        "darktrace_poll_last_unreadable_fields", .gauge, labels: ["appliance", "feed"],
        help: "Number of fields in the last response that are present but could not be read; the log names them.")
    package static let fallback = Descriptor(
        "darktrace_poll_fallback", .gauge, labels: ["appliance"],
        help: "Whether breaches are queried by activity time because the appliance ignores creationtime (1 = yes).")
}
