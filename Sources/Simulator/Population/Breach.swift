/// One breach as the population knows it; times are world milliseconds.
struct Breach: Sendable {
    /// The `pbid`.
    var id: Int64
    /// When the record was made.
    var creation: Int64
    /// When it happened.
    var activity: Int64
    /// From when on the appliance lists it; later than its creation when it is late.
    var listed: Int64
    /// Thousandths.
    var score: Int
    var model: BreachModel
    /// The name as listed: the model's own, or a variant of it.
    var name: String
    /// What it counts as.
    var kind: BreachKind
    /// Whether its record carries category and compliance flag.
    var hasCategory: Bool
    var device: Device
    var isSuppressed: Bool
    /// When somebody acknowledges it; nil when nobody ever does.
    var acknowledged: Int64?
    /// How its record is spoilt, if it is.
    var damage: Damage?
    /// From which all further detail of its record is drawn.
    var salt: UInt64

    /// Ways in which a record cannot be counted.
    enum Damage: String, Sendable, CaseIterable {
        /// No `pbid`.
        case noID
        /// Neither `creationTime` nor `time`.
        case noTime
        /// A text where an object belongs.
        case notAnObject
    }
}
