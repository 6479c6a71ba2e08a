import Darktrace
import Ledger
package import Metrics

/// The metric families of model breaches, built from the ledger.
package enum BreachMetrics {
    /// Counted breaches, by model and category.
    package static let modelBreaches = Descriptor(
        "darktrace_model_breaches_total", .counter, labels: ["appliance", "model", "category"],
        help:
            "Total number of model breaches (model alerts in newer versions), each counted once, including acknowledged."
    )
    /// Counted breaches by category; series are never held.
    package static let modelBreachesByCategory = Descriptor(
        "darktrace_model_breaches_by_category_total", .counter, labels: ["appliance", "category"],
        help: "Total number of model breaches (model alerts in newer versions) by category; new series are never held.")
    /// Counted breaches of a Unified View by master.
    package static let modelBreachesByMaster = Descriptor(
        "darktrace_model_breaches_by_master_total", .counter, labels: ["appliance", "master", "category"],
        help:
            "Total number of model breaches by the master of a Unified View, the number that their pbid starts with."
    )
    /// Counted breaches without a usable score.
    package static let modelBreachesWithoutScore = Descriptor(
        "darktrace_model_breaches_without_score_total", .counter, labels: ["appliance"],
        help:
            "Total number of model breaches without a score from 0 to 1, which darktrace_model_breach_score leaves out."
    )
    /// Scores of breaches, from 0 to 1.
    package static let score = Descriptor(
        "darktrace_model_breach_score", .histogram(bounds: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]),
        labels: ["appliance", "category"],
        help: "Scores of model breaches, 0 to 1; breaches without a usable score are left out.")
    /// Creation of the record minus the activity, in seconds.
    package static let creationDelay = Descriptor(
        "darktrace_model_breach_creation_delay_seconds",
        .histogram(bounds: [1, 5, 10, 30, 60, 300, 900, 3_600, 14_400, 86_400]), labels: ["appliance"],
        help: "Delay from the activity of a model breach to the creation of its record in seconds.")
    /// Time of counting minus creation of the record, in seconds.
    package static let ingestionDelay = Descriptor(
        "darktrace_model_breach_ingestion_delay_seconds",
        .histogram(bounds: [15, 30, 60, 120, 300, 900, 3_600, 21_600, 86_400]), labels: ["appliance"],
        help: "Delay from the creation of a model breach record to its counting in seconds, by the appliance clock.")
    /// Creation time of the newest counted breach.
    package static let lastCreation = Descriptor(
        "darktrace_model_breach_last_creation_timestamp_seconds", .gauge, labels: ["appliance"],
        help: "Unix time at which the newest counted model breach was created.")
    /// Breaches that only a recheck found.
    package static let foundLate = Descriptor(
        "darktrace_model_breaches_found_late_total", .counter, labels: ["appliance"],
        help: "Total number of late model breaches, which only a recheck found.")
    /// Distinct model labels in use.
    package static let modelsTracked = Descriptor(
        "darktrace_models_tracked", .gauge, labels: ["appliance"], help: "Number of distinct model labels in use.")
    /// Configured limit of distinct model labels.
    package static let modelsLimit = Descriptor(
        "darktrace_models_limit", .gauge, labels: ["appliance"],
        help: "Configured limit of distinct model labels; further models are counted as other.")
    /// Start of the ledger: breaches created since then are counted.
    package static let ledgerStart = Descriptor(
        "darktrace_ledger_start_timestamp_seconds", .gauge, labels: ["appliance"],
        help:
            "Start of the ledger as Unix time: breaches created since then are counted; changes only with a new ledger."
    )
    /// Poll cursor, in the clock of the exporter.
    package static let pollCursor = Descriptor(
        "darktrace_poll_cursor_timestamp_seconds", .gauge, labels: ["appliance"],
        help: "Unix time up to which breaches have been requested (poll cursor, exporter clock).")

    /// All families of model breaches.
    package static let all = [
        modelBreaches, modelBreachesByCategory, modelBreachesByMaster, score, modelBreachesWithoutScore,
        creationDelay, ingestionDelay, lastCreation, foundLate, modelsTracked, modelsLimit, ledgerStart, pollCursor,
    ]
}

extension BreachMetrics {
    /// The families that exist before any breach is counted: limits, start of the ledger and poll cursor.
    ///
    /// - Parameter checkpoint: Nil before the first commit.
    static func baselineFamilies(
        of appliance: String, checkpoint: Checkpoint?, modelsTracked: Int, modelsLimit: Int
    ) -> [MetricFamily] {
        var families = [
            gauge(Self.modelsLimit, appliance, Double(modelsLimit)),
            gauge(Self.modelsTracked, appliance, Double(modelsTracked)),
        ]
        guard let checkpoint else { return families }
        families.append(gauge(ledgerStart, appliance, Double(checkpoint.start.milliseconds) / 1_000))
        families.append(gauge(pollCursor, appliance, Double(checkpoint.cursorByExporter.milliseconds) / 1_000))
        return families
    }

    /// Builders of the families that rows become, with the label sets that are known in advance.
    static func builders(of appliance: String, start: ApplianceTime) -> [FamilyBuilder] {
        let families: [(Descriptor, [[String]])] = [
            (modelBreaches, []), (score, Category.allCases.map { [$0.rawValue] }), (creationDelay, [[]]),
            (ingestionDelay, [[]]), (foundLate, [[]]), (lastCreation, []),
        ]
        return families.map { descriptor, declared in
            FamilyBuilder(descriptor, prefix: [appliance], declared: declared, start: start)
        }
    }

    private static func gauge(_ descriptor: Descriptor, _ appliance: String, _ value: Double) -> MetricFamily {
        MetricFamily(descriptor, [Series(Labels(descriptor.labelNames, [appliance]), .number(value))])
    }
}
