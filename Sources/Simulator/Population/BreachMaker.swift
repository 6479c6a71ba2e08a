/// Generates the details of breaches from the seed, the hour and the index in it.
struct BreachMaker: Sendable {
    let seed: UInt64
    let appliance: String
    let devices: DevicePool
    private let models: [BreachModel]
    /// Running totals of the models' weights.
    private let weights: [Double]

    init(seed: UInt64, appliance: String, models: [BreachModel] = ModelCatalogue.models) {
        self.seed = seed
        self.appliance = appliance
        self.models = models
        devices = DevicePool(seed: seed, appliance: appliance)
        weights = models.reduce(into: []) { $0.append(($0.last ?? 0) + $1.weight) }
    }

    /// The breach of one arrival, without an id.
    func breach(_ arrival: Arrivals.Arrival, bucket: Int64, index: Int, shape: RecordShape) -> Breach {
        var random = SeededGenerator(seed: seed, "breach of \(appliance)", bucket &* 1_000_003 &+ Int64(index))
        var (model, device) = subject(&random)
        if let burst = arrival.burst {
            // A burst is one device misbehaving: mostly the same model again and again.
            var leader = SeededGenerator(seed: seed, "burst of \(appliance)", bucket &* 1_009 &+ Int64(burst))
            let (leading, shared) = subject(&leader)
            if leading.source == model.source || random.chance(0.7) { (model, device) = (leading, shared) }
        }
        return breach(of: model, on: device, created: arrival.creation, shape: shape, &random)
    }

    /// A breach of this model at an instant; all other details are random.
    func breach(
        of model: BreachModel, on device: Device, created creation: Int64, shape: RecordShape,
        _ random: inout SeededGenerator
    ) -> Breach {
        // All random numbers are drawn in any case, so that a changed shape does not change other details.
        let score = score(of: model, &random)
        let usual = usualDelay(model.source, &random)
        let lateness = random.unit()
        let lateBy = 600_000 + random.below(6 * 3_600_000)
        let (isNegative, isUnlisted) = (random.chance(shape.negativeShare), random.chance(shape.unlistedShare))
        let isSuppressed = random.chance(shape.suppressedShare)
        let (isAcknowledged, acknowledgedIn) = (random.chance(0.3), 600_000 + random.below(3 * 86_400_000))
        let variant = random.below(max(1, shape.variants))
        let salt = random.next()

        // People acknowledge when they are at work, and open a few again.
        var people = SeededGenerator(seed: salt, "people", 0)
        let acknowledged = isAcknowledged ? OnCall.next(after: creation + acknowledgedIn) : nil
        let reopened = people.chance(0.1) ? acknowledged.map { $0 + 600_000 + people.below(86_400_000) } : nil

        let delay = lateness < shape.lateShare ? shape.lateBy ?? lateBy : usual
        let isBefore = isNegative || model.source == .system
        let activity = isBefore ? Self.second(creation) + 1_000 : Self.second(creation - delay)
        return Breach(
            id: 0, creation: creation, activity: activity,
            listed: creation + (isUnlisted ? shape.unlistedFor : 0), score: score, model: model,
            name: shape.variants > 0 ? "\(model.name) \(variant + 1)" : model.name,
            kind: model.kind(withCategory: shape.hasCategory), hasCategory: shape.hasCategory && model.hasCategory,
            device: device, isSuppressed: isSuppressed,
            acknowledged: shape.acknowledgedAfter.map { creation + $0 } ?? (shape.isAcknowledged ? acknowledged : nil),
            reopened: shape.acknowledgedAfter == nil && shape.isAcknowledged ? reopened : nil,
            damage: nil, salt: salt)
    }

    /// A model, chosen by weight, and a device for it.
    func subject(_ random: inout SeededGenerator) -> (BreachModel, Device) {
        let point = random.unit() * (weights.last ?? 0)
        let index = weights.firstIndex { $0 > point } ?? weights.count - 1
        return (models[index], devices.device(for: models[index].source, &random))
    }

    /// The model of this name, if the catalogue has it.
    func model(named name: String) -> BreachModel? { models.first { $0.name == name } }

    private func score(of model: BreachModel, _ random: inout SeededGenerator) -> Int {
        let cluster = random.pick(model.scores) ?? 500
        // Repetition lowers the score of most models, in steps.
        let falls = random.chance(0.55) ? 0 : random.below(4) + 1
        let factor = model.behaviour == "flat" ? 1 : 1 - 0.07 * Double(falls)
        return min(1_000, max(1, Int((Double(cluster) * factor).rounded())))
    }

    private func usualDelay(_ source: BreachModel.Source, _ random: inout SeededGenerator) -> Int64 {
        let (unit, extra) = (random.unit(), random.exponential(mean: 1_200_000))
        // Records of SaaS events are created minutes to hours later.
        if source == .saas { return min(60_000 + Int64(extra), 10 * 3_600_000) }
        return unit < 0.92 ? 6_000 + Int64(unit * 1_000) : 40_000
    }

    /// Rounds down to a whole second.
    private static func second(_ milliseconds: Int64) -> Int64 { CivilTime.floorDivide(milliseconds, 1_000) * 1_000 }
}

/// One breach of the population; times are world milliseconds.
struct Breach: Sendable {
    /// The `pbid`.
    var id: Int64
    /// The number of the master of a Unified View that it is of; 0 for the appliance itself.
    var master: Int64 = 0
    /// When the record was created.
    var creation: Int64
    /// When it happened.
    var activity: Int64
    /// From when on the appliance lists it.
    var listed: Int64
    /// Thousandths.
    var score: Int
    var model: BreachModel
    /// The name as listed: the model's own, or a variant of it.
    var name: String
    /// How it counts.
    var kind: BreachKind
    /// Whether its record carries category and compliance flag.
    var hasCategory: Bool
    var device: Device
    var isSuppressed: Bool
    /// When it is acknowledged; nil for never.
    var acknowledged: Int64?
    /// When it is opened again; nil for never.
    var reopened: Int64?
    /// How its record is damaged; nil for not at all.
    var damage: Damage?
    /// The seed of all other details of its record.
    var salt: UInt64

    /// The creation time in its record, in the appliance's clock: nearly always a whole second.
    func shownCreation(_ skew: Skew) -> Int64 {
        let shown = creation + skew.offset(at: creation)
        return salt % 50 == 0 ? shown : CivilTime.floorDivide(shown, 1_000) * 1_000
    }

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
