package import Darktrace

/// How one appliance is polled; all durations are in seconds.
///
/// Equal configurations poll alike: a reload keeps the poller of an appliance whose configuration is equal.
package struct PollConfiguration: Sendable, Equatable {
    /// The value of the label `appliance`, and its key in the ledger.
    package var name: String
    /// Whether model breaches are counted; off for a Unified View whose masters are polled themselves.
    package var pollsModelBreaches = true
    /// The interval of model breaches.
    package var pollInterval = 60.0
    /// The configured intervals of the gauge feeds that are polled.
    package var gaugeIntervals: [FeedKind: Double] = [:]
    /// How far their polls look back; the default of the feed where there is none.
    package var feedWindows: [FeedKind: Double] = [:]
    /// The time before the cursor that every poll requests again.
    package var overlap = 900.0
    /// The period counted at the first start; later starts continue from the ledger.
    package var initialLookback = 2_592_000.0
    package var recheckInterval = 3_600.0
    /// How late an appliance may list a record so that it is still counted.
    package var recheckWindow = 86_400.0
    package var requestsPerMinute = 10
    package var maxModels = 2_000
    /// How long the series of a new model is exposed as 0; 0 disables the hold.
    package var newSeriesHold = 120.0
    /// A response with more records is abandoned and its window halved, so that memory stays bounded.
    package var maxRecords = 50_000
    /// Nothing from this instant on is requested, in milliseconds since 1970 by the appliance's clock.
    package var horizonMilliseconds: Int64?
    package var connection: ApplianceConnection

    /// Everything else has the defaults of the configuration file.
    package init(name: String, connection: ApplianceConnection) {
        self.name = name
        self.connection = connection
    }
}

/// How an appliance is reached. Two are equal only if they are the same: clients have no value to compare.
package final class ApplianceConnection: Sendable, Equatable {
    /// Host and port. The request budget belongs to it: who reloads the configuration gets no new one.
    package let address: String
    package let client: Client
    /// Called for every poll, so that a rotated token needs no restart.
    package let credentials: @Sendable () throws(SecretError) -> Credentials

    package init(
        address: String, client: Client, credentials: @escaping @Sendable () throws(SecretError) -> Credentials
    ) {
        self.address = address
        self.client = client
        self.credentials = credentials
    }

    /// The host of the address.
    package var host: String { String(address[..<(address.lastIndex(of: ":") ?? address.endIndex)]) }

    package static func == (one: ApplianceConnection, other: ApplianceConnection) -> Bool { one === other }
}

/// A token could not be read.
package struct SecretError: Error, Sendable, Equatable {
    /// One line that names the file and what is wrong with it, never the token.
    package let detail: String

    package init(detail: String) { self.detail = detail }
}

// MARK: Intervals

extension PollConfiguration {
    /// The feeds that are polled, in the order of `Feeds.all`.
    package var feeds: [FeedKind] { Feeds.all.filter { configuredInterval(of: $0) > 0 } }

    /// From one poll of a feed to the next, in seconds; 0 if it is not polled. Longer than configured when the request
    /// budget requires it.
    package func interval(of feed: FeedKind) -> Double {
        let configured = configuredInterval(of: feed)
        guard feed.priority > .primary, configured > 0 else { return configured }
        return max(configured, shortestSecondaryInterval)
    }

    /// How far a poll of a feed looks back, in seconds; 0 for a feed without a window.
    package func window(of feed: FeedKind) -> Double { feedWindows[feed] ?? feed.defaultWindow ?? 0 }

    private func configuredInterval(of feed: FeedKind) -> Double {
        if feed == .modelBreaches { return pollsModelBreaches ? pollInterval : 0 }
        return gaugeIntervals[feed] ?? 0
    }

    /// The interval below which no secondary feed is polled: together they use at most half of the request budget.
    ///
    /// Slow feeds keep their interval; what they leave of the half is shared equally among the others.
    private var shortestSecondaryInterval: Double {
        let secondary = gaugeIntervals.values.filter { $0 > 0 }
        var permitsPerSecond = Double(max(1, requestsPerMinute)) / 2 / 60
        for (index, interval) in secondary.sorted(by: >).enumerated() {
            let share = permitsPerSecond / Double(secondary.count - index)
            if 1 / interval > share { return 1 / share }
            permitsPerSecond -= 1 / interval
        }
        return 0
    }
}
