package import Darktrace

/// How one appliance is polled.
///
/// Equal configurations poll alike: a reload keeps the poller of an appliance whose configuration is equal.
package struct PollConfiguration: Sendable, Equatable {
    /// The value of the label `appliance`, and its key in the ledger.
    package var name: String
    /// Whether model breaches are counted; off for a Unified View whose masters are polled themselves.
    package var pollsModelBreaches: Bool
    /// The interval of model breaches.
    package var pollInterval: Duration
    /// The configured intervals of the secondary feeds that are polled.
    package var feedIntervals: [FeedKind: Duration]
    /// How far the polls of a feed look back; those that are missing have the feed's default.
    package var feedWindows: [FeedKind: Duration]
    /// The time before the cursor that every poll requests again.
    package var overlap: Duration
    /// The period counted at the first start; later starts continue from the ledger.
    package var initialLookback: Duration
    package var recheckInterval: Duration
    /// How late an appliance may list a record so that it is still counted.
    package var recheckWindow: Duration
    package var requestsPerMinute: Int
    package var maxModels: Int
    /// How long the series of a new model is exposed as 0; zero disables the hold.
    package var newSeriesHold: Duration
    /// A response with more records is abandoned and its window halved, so that memory stays bounded.
    package var maxRecords = 50_000
    /// Whether breaches are reported with their details when they are counted, except those of the first lookback.
    package var logsBreaches = false
    /// Nothing from this time on is requested.
    var horizon: ApplianceTime?
    package var connection: ApplianceConnection

    /// The parameters are the properties of the same names.
    package init(
        name: String, connection: ApplianceConnection, pollsModelBreaches: Bool = true, pollInterval: Duration,
        feedIntervals: [FeedKind: Duration], feedWindows: [FeedKind: Duration] = [:], overlap: Duration,
        initialLookback: Duration, recheckInterval: Duration, recheckWindow: Duration, requestsPerMinute: Int,
        maxModels: Int, newSeriesHold: Duration
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
    package var feeds: [FeedKind] { Feeds.all.filter { configuredInterval(of: $0) > .zero } }

    /// From one poll of a feed to the next; zero if it is not polled. Longer than configured when the request budget
    /// requires it.
    package func interval(of feed: FeedKind) -> Duration {
        let configured = configuredInterval(of: feed)
        guard configured > .zero else { return .zero }
        return max(
            configured, feed.priority == .primary ? shortestPrimaryInterval : shortestSpacing * feed.requestsPerPoll)
    }

    /// How far the polls of a feed look back; zero for a feed without a window.
    package func window(of feed: FeedKind) -> Duration { feedWindows[feed] ?? feed.defaultWindow ?? .zero }

    private func configuredInterval(of feed: FeedKind) -> Duration {
        if feed == .modelBreaches { return pollsModelBreaches ? pollInterval : .zero }
        return feedIntervals[feed] ?? .zero
    }

    /// The time from one request to the next of each secondary feed.
    private var spacings: [Duration] {
        feedIntervals.filter { $0.value > .zero }.map { $0.value / $0.key.requestsPerPoll }
    }

    /// The time from one request to the next below which no secondary feed sends requests: together they use at most
    /// their share of the budget.
    ///
    /// Slow feeds keep their interval; what they leave of the share is divided equally among the others.
    private var shortestSpacing: Duration {
        let spacings = spacings.sorted(by: >)
        let share = RateLimiter(requestsPerMinute: requestsPerMinute).secondaryShare
        var permitsPerSecond = Double(share.requests) / share.period.inSeconds
        for (index, spacing) in spacings.enumerated() {
            let share = permitsPerSecond / Double(spacings.count - index)
            if 1 / spacing.inSeconds > share { return Duration(bounded: 1 / share) }
            permitsPerSecond -= 1 / spacing.inSeconds
        }
        return .zero
    }

    /// The interval for which the secondary feeds leave enough permits.
    private var shortestPrimaryInterval: Duration {
        let secondary = spacings.map { 1 / max($0, shortestSpacing).inSeconds }
        return Duration(bounded: 1 / (Double(max(1, requestsPerMinute)) / 60 - secondary.reduce(0, +)))
    }
}
