import Darktrace
import Ledger
package import Metrics

extension FeedKind {
    /// The acknowledgements of model breaches: what is open, and how fast breaches are acknowledged.
    package static let acknowledgements = FeedKind(
        name: "acknowledgements", path: ModelBreachesRequest.path, priority: .secondary, defaultInterval: .minute * 5,
        defaultWindow: .day * 30, requestsPerPoll: 2, isOptional: false,
        sections: [
            Section(
                title: "Acknowledgements",
                about:
                    "Model breaches created within `window` of the feed: the open ones by category, and each one once "
                    + "at its first acknowledgement seen, kept in the state file.",
                metrics: [], counted: AcknowledgementMetrics.all)
        ], source: .acknowledgements)
}

/// The metric families of acknowledgements.
package enum AcknowledgementMetrics {
    static let open = Descriptor(
        "darktrace_model_breaches_unacknowledged", .gauge, labels: ["appliance", "category"],
        help: "Number of model breaches (model alerts in newer versions) within the window that are not acknowledged.")
    static let oldest = Descriptor(
        "darktrace_model_breach_oldest_unacknowledged_timestamp_seconds", .gauge, labels: ["appliance", "category"],
        help: "Unix time at which the oldest unacknowledged model breach within the window was created.")
    package static let acknowledged = Descriptor(
        "darktrace_model_breaches_acknowledged_total", .counter, labels: ["appliance", "category"],
        help: "Total number of acknowledged model breaches, each counted once, at its first acknowledgement seen.")
    static let delay = Descriptor(
        "darktrace_model_breach_acknowledgement_delay_seconds",
        .histogram(bounds: [30, 60, 300, 900, 3_600, 14_400, 28_800, 86_400, 259_200, 604_800]),
        labels: ["appliance", "category"],
        help: "Delay from the creation of a model breach record to its acknowledgement in seconds.")
    static let window = Descriptor(
        "darktrace_acknowledgement_window_seconds", .gauge, labels: ["appliance"],
        help: "Configured window of acknowledgements in seconds: breaches created before it are left out.")

    static let all = [open, oldest, acknowledged, delay, window]
}

/// Counts acknowledgements, each breach once.
struct AcknowledgementCounting: RecordCounting {
    private let window: Duration
    let open: OpenBreaches

    init(_ configuration: PollConfiguration, open: OpenBreaches = OpenBreaches()) {
        window = configuration.window(of: .acknowledgements)
        self.open = open
    }

    /// One acknowledged breach.
    struct Entry: CountedEntry {
        let breach: BreachIdentity
        /// In milliseconds since 1970.
        let acknowledged: Int64
        let category: Category

        var seenRecord: SeenRecord { breach.seenRecord }
    }

    func request(for query: PlannedQuery) -> ModelBreachesRequest {
        ModelBreachesRequest(
            startMilliseconds: query.window.start.milliseconds, endMilliseconds: query.window.end.milliseconds,
            minimal: query.form == .short)
    }

    func add(_ breach: ModelBreach, to batch: inout RecordBatch<Entry>) {
        guard let identity = BreachIdentity(breach) else { return }
        if let acknowledged = breach.acknowledgedMilliseconds {
            batch.note(breach.id, isComplete: true)
            batch.append(Entry(breach: identity, acknowledged: acknowledged, category: breach.category))
        } else if open.noteUnacknowledged(identity) {
            batch.note(breach.id, isComplete: false)
        }
    }

    func committed(_ entries: [Entry]) { open.note(counted: entries.map(\.breach)) }

    func count(_ entries: [Entry], texts: [String], in context: CountingContext) -> [RowUpdate] {
        var sums = RowSums()
        for entry in entries {
            let labels = [entry.category.rawValue]
            sums.add(1, to: AcknowledgementMetrics.acknowledged, labels)
            let delay = max(0, entry.acknowledged - entry.breach.creation)
            sums.observe(Double(delay) / 1_000, in: AcknowledgementMetrics.delay, labels)
        }
        return sums.updates(createdAt: context.start)
    }

    func families(of appliance: String, start: ApplianceTime) -> [FamilyBuilder] {
        [AcknowledgementMetrics.acknowledged, AcknowledgementMetrics.delay].map {
            FamilyBuilder(
                $0, prefix: [appliance], declared: Category.allCases.map { [$0.rawValue] },
                start: start)
        }
    }

    func baseline(of appliance: String, checkpoint: Checkpoint?) -> [MetricFamily] {
        let family = AcknowledgementMetrics.window
        return [MetricFamily(family, [Series(Labels(family.labelNames, [appliance]), .number(window.inSeconds))])]
    }
}

extension QueryPlanner.Settings {
    /// Acknowledgements may come at any time, so the window is queried again in full every hour, and its newest day at
    /// every poll.
    static func acknowledgements(_ configuration: PollConfiguration) -> Self {
        let window = configuration.window(of: .acknowledgements)
        return QueryPlanner.Settings(
            pollInterval: configuration.interval(of: .acknowledgements),
            overlap: min(window, .day), initialLookback: window, recheckInterval: .hour, recheckWindow: window,
            hasActivityTime: false, requestsFullRecords: false)
    }
}
