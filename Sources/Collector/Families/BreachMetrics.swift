package import Metrics

/// The families that are made from the ledger, declared once.
package enum BreachMetrics {
    /// Breaches counted, each once.
    package static let modelBreaches = Descriptor(
        "darktrace_model_breaches_total", .counter, labels: ["appliance", "model", "category"],
        help: "Model breaches counted, each once, acknowledged ones included.")
    /// Their scores.
    package static let score = Descriptor(
        "darktrace_model_breach_score", .histogram(bounds: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]),
        labels: ["appliance", "category"], help: "Scores of model breaches, from 0 to 1.")
    /// Record creation minus activity.
    package static let creationDelay = Descriptor(
        "darktrace_model_breach_creation_delay_seconds",
        .histogram(bounds: [1, 5, 10, 30, 60, 300, 900, 3_600, 14_400, 86_400]), labels: ["appliance"],
        help: "Seconds from the activity of a model breach to the creation of its record.")
    /// Counting minus record creation.
    package static let ingestionDelay = Descriptor(
        "darktrace_model_breach_ingestion_delay_seconds",
        .histogram(bounds: [15, 30, 60, 120, 300, 900, 3_600, 21_600, 86_400]), labels: ["appliance"],
        help: "Seconds from the creation of a model breach's record to its counting, both on the appliance's clock.")
    /// The newest breach.
    package static let lastCreation = Descriptor(
        "darktrace_model_breach_last_creation_timestamp_seconds", .gauge, labels: ["appliance"],
        help: "When the newest model breach counted was created.")
    /// What only the recheck found.
    package static let foundLate = Descriptor(
        "darktrace_model_breaches_found_late_total", .counter, labels: ["appliance"],
        help: "Model breaches that only the recheck found.")
    /// Distinct model labels in use.
    package static let modelsTracked = Descriptor(
        "darktrace_models_tracked", .gauge, labels: ["appliance"], help: "Distinct model labels in use.")
    /// How many there may be.
    package static let modelsLimit = Descriptor(
        "darktrace_models_limit", .gauge, labels: ["appliance"],
        help: "Distinct model labels that may be in use; further models are counted as other.")
    /// Since when breaches are counted.
    package static let ledgerStart = Descriptor(
        "darktrace_ledger_start_timestamp_seconds", .gauge, labels: ["appliance"],
        help: "Model breaches created since then are counted; changes only with a new ledger.")
    /// How far the appliance was asked.
    package static let pollCursor = Descriptor(
        "darktrace_poll_cursor_timestamp_seconds", .gauge, labels: ["appliance"],
        help: "Everything created up to then has been asked for, in the clock of the exporter.")

    /// All of them.
    package static let all = [
        modelBreaches, score, creationDelay, ingestionDelay, lastCreation, foundLate, modelsTracked, modelsLimit,
        ledgerStart, pollCursor,
    ]
}
