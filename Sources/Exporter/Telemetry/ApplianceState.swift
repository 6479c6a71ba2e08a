package import Collector

/// What pages show of one appliance.
package struct ApplianceState: Sendable, Equatable {
    package let name: String
    /// Whether the first attempt has ended, successful or not.
    package var hasPolled = false
    /// Whether the last poll succeeded.
    package var isUp = false
    /// The time of the last successful poll, in milliseconds since 1970.
    package var lastSuccess: Int64?
    /// The last failure of the model breaches, until a poll succeeds.
    package var problem: PollReport.Failure?
    /// The same of gauge feeds, which do not decide whether the appliance is up.
    package var warnings: [FeedKind: PollReport.Failure] = [:]
    /// The last poll of each feed.
    package private(set) var polls: [FeedKind: Poll] = [:]

    /// One poll that has ended. Times are in milliseconds since 1970.
    package struct Poll: Sendable, Equatable {
        package let report: PollReport
        package let ended: Int64
        /// The end of the last poll that succeeded.
        package let lastSuccess: Int64?
    }

    /// Describes an appliance before its first attempt.
    package init(name: String) { self.name = name }

    /// Keeps a poll that ended at this time as the last one of its feed.
    package mutating func end(_ report: PollReport, at milliseconds: Int64) {
        let lastSuccess = report.failure == nil ? milliseconds : polls[report.feed]?.lastSuccess
        polls[report.feed] = Poll(report: report, ended: milliseconds, lastSuccess: lastSuccess)
    }

    /// Forgets a feed that is no longer polled.
    package mutating func remove(_ feed: FeedKind) {
        warnings[feed] = nil
        polls[feed] = nil
    }
}

extension ApplianceState {
    /// The state of an appliance in one word. Pages sort by it: what needs attention comes first.
    package enum Condition: Int, Comparable, CaseIterable, Sendable {
        case failing, pending, limited, up

        package static func < (one: Condition, other: Condition) -> Bool { one.rawValue < other.rawValue }
    }

    /// Whether the appliance works.
    package var condition: Condition {
        switch (hasPolled, isUp) {
        case (false, _): .pending
        case (true, false): .failing
        case (true, true): failingFeeds.isEmpty ? .up : .limited
        }
    }

    /// The feeds that fail, without the model breaches; one that the appliance does not have is no failure.
    package var failingFeeds: [FeedKind] {
        Feeds.all.filter { warnings[$0] != nil && polls[$0]?.report.isUnavailable != true }
    }
}
