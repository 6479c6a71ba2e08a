package import Collector

/// What a person wants to know of one appliance at a glance.
package struct ApplianceState: Sendable, Equatable {
    package let name: String
    /// Whether the first try has ended, well or badly.
    package var hasPolled = false
    /// Whether the last poll succeeded.
    package var isUp = false
    /// When a poll last succeeded, in milliseconds since 1970.
    package var lastSuccess: Int64?
    /// The one line of the last failure, while it lasts.
    package var problem: String?
    /// The same of feeds that say nothing about whether it is up.
    package var warnings: [FeedKind: String] = [:]

    package init(name: String) { self.name = name }
}
