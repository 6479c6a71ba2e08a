package import Darktrace

/// How one appliance is polled; all durations are in seconds.
///
/// Equal configurations poll alike: a reload keeps the poller of an appliance whose configuration is equal.
package struct PollConfiguration: Sendable, Equatable {
    /// The value of the label `appliance`, and its key in the ledger.
    package var name: String
    /// Whether model breaches are counted; off for a Unified View whose masters are polled themselves.
    package var pollsModelBreaches: Bool
    /// The interval of model breaches.
    package var pollInterval: Double
    /// The configured intervals of the secondary feeds that are polled.
    package var feedIntervals: [FeedKind: Double]
    /// How far the polls of a feed look back; those that are missing have the feed's default.
    package var feedWindows: [FeedKind: Double]
    /// The time before the cursor that every poll requests again.
    package var overlap: Double
    /// The period counted at the first start; later starts continue from the ledger.
    package var initialLookback: Double
    package var recheckInterval: Double
    /// How late an appliance may list a record so that it is still counted.
    package var recheckWindow: Double
    package var requestsPerMinute: Int
    package var maxModels: Int
    /// How long the series of a new model is exposed as 0; 0 disables the hold.
    package var newSeriesHold: Double
    /// A response with more records is abandoned and its window halved, so that memory stays bounded.
    package var maxRecords = 50_000
    /// Whether breaches are reported with their details when they are counted, except those of the first lookback.
    package var logsBreaches = false
    /// Nothing from this time on is requested.
    var horizon: ApplianceTime?
    package var connection: ApplianceConnection

    /// The parameters are the properties of the same names.
    package init(
        name: String, connection: ApplianceConnection, pollsModelBreaches: Bool = true, pollInterval: Double,
        feedIntervals: [FeedKind: Double], feedWindows: [FeedKind: Double] = [:], overlap: Double,
        initialLookback: Double, recheckInterval: Double,
        recheckWindow: Double, requestsPerMinute: Int, maxModels: Int, newSeriesHold: Double
    ) {
        self.name = name
        self.connection = connection
        self.pollsModelBreaches = pollsModelBreaches
        self.pollInterval = pollInterval
        self.feedIntervals = feedIntervals
        self.feedWindows = feedWindows
        self.overlap = overlap
        self.initialLookback = initialLookback
        self.recheckInterval = recheckInterval
        self.recheckWindow = recheckWindow
        self.requestsPerMinute = requestsPerMinute
        self.maxModels = maxModels
        self.newSeriesHold = newSeriesHold
    }
}

/// How an appliance is reached. Two are equal only if they are the same: clients have no value to compare.
package final class ApplianceConnection: Sendable, Equatable {
    /// Host and port. The request budget belongs to it: who reloads the configuration gets no new one.
    package let address: String
    package let client: Client
    /// Reads the tokens, and checks the files of TLS. Called for every poll, so that a changed file needs no restart.
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

/// A file with a token, a CA certificate or a client certificate cannot be used.
package struct SecretError: Error, Sendable, Equatable {
    /// `secret` or `tls`.
    package let reason: PollReport.Reason
    /// One line that names the file and what is wrong with it, never the token.
    package let detail: String

    package init(_ reason: PollReport.Reason = .secret, detail: String) {
        self.reason = reason
        self.detail = detail
    }
}

// MARK: Intervals

extension PollConfiguration {
    /// The feeds that are polled, in the order of `Feeds.all`.
    package var feeds: [FeedKind] { Feeds.all.filter { configuredInterval(of: $0) > 0 } }

    /// From one poll of a feed to the next, in seconds; 0 if it is not polled. Longer than configured when the request
    /// budget requires it.
    package func interval(of feed: FeedKind) -> Double {
        let configured = configuredInterval(of: feed)
        guard configured > 0 else { return 0 }
        return max(configured, feed.priority == .primary ? shortestPrimaryInterval : shortestInterval(of: feed))
    }

    /// How far the polls of a feed look back, in seconds; 0 for a feed without a window.
    package func window(of feed: FeedKind) -> Double { feedWindows[feed] ?? feed.defaultWindow ?? 0 }

    private func configuredInterval(of feed: FeedKind) -> Double {
        if feed == .modelBreaches { return pollsModelBreaches ? pollInterval : 0 }
        return feedIntervals[feed] ?? 0
    }

    private func shortestInterval(of feed: FeedKind) -> Double { shortestSpacing * Double(feed.requestsPerPoll) }

    /// The secondary feeds, with the time from one request to the next in seconds.
    private var spacings: [Double] {
        feedIntervals.filter { $0.value > 0 }.map { $0.value / Double($0.key.requestsPerPoll) }
    }

    /// The time from one request to the next below which no secondary feed sends requests: together they use at most
    /// their share of the budget.
    ///
    /// Slow feeds keep their interval; what they leave of the share is divided equally among the others.
    private var shortestSpacing: Double {
        let spacings = spacings.sorted(by: >)
        let share = RateLimiter(requestsPerMinute: requestsPerMinute).secondaryShare
        var permitsPerSecond = Double(share.requests) / share.period.inSeconds
        for (index, spacing) in spacings.enumerated() {
            let share = permitsPerSecond / Double(spacings.count - index)
            if 1 / spacing > share { return 1 / share }
            permitsPerSecond -= 1 / spacing
        }
        return 0
    }

    /// The interval for which the secondary feeds leave enough permits.
    private var shortestPrimaryInterval: Double {
        let secondary = spacings.map { 1 / max($0, shortestSpacing) }
        return 1 / (Double(max(1, requestsPerMinute)) / 60 - secondary.reduce(0, +))
    }
}
