/// How an appliance makes its records; a change of it concerns those made from then on.
struct RecordShape: Sendable, Equatable {
    /// How ids are numbered.
    enum Numbering: String, Sendable, CaseIterable {
        /// 1001, 1002 …
        case plain
        /// 13 digits that begin with the master's number, as on a Unified View.
        case long
        /// The same below 0, still growing.
        case negative
        /// From 1 again, as after a reset of the appliance.
        case reset
    }

    var numbering = Numbering.plain
    /// Whether records carry category and compliance flag; version 4 writes neither.
    var hasCategory = true
    /// Share of records made long after what they tell of.
    var lateShare = 0.02
    /// How long after, in milliseconds; nil for minutes to hours at random.
    var lateBy: Int64?
    /// Share of records made a second before what they tell of, besides those of the system's own models.
    var negativeShare = 0.0
    /// Share of records listed only some time after they were made, and how long, in milliseconds.
    var unlistedShare = 0.0
    var unlistedFor: Int64 = 0
    /// Share of records that the appliance suppresses because a model fires too often.
    var suppressedShare = 0.1
    /// If set, every record is acknowledged so many milliseconds after it was made; else some are, some time.
    var acknowledgedAfter: Int64?
    /// Every so many records one is spoilt; 0 for none.
    var unreadableEvery: Int64 = 0
    /// Into how many names each model is split; 0 for one.
    var variants: Int64 = 0

    /// The longest time between what happened and its record, in milliseconds.
    var longestDelay: Int64 { max(lateBy ?? 0, 12 * 3_600_000) }
}
