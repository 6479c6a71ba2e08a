/// Oddities in how records are written that change nothing of what they count as.
struct RecordQuirks: Sendable, Equatable {
    /// Fields that the short form leaves out; `name` is the model's.
    var shortFormLacks: Set<String> = []
    var hasUnknownFields = false
    /// How many bytes each record is made longer.
    var paddingBytes = 0
    var writesNumbersAsText = false
    /// Every device with its id alone.
    var hasBareDevices = false
    /// The model's name of today differs from its name at the breach.
    var renamesModels = false
    /// As up to 6.0.
    var lacksPercentScore = false
}
