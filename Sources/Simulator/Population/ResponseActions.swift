/// The actions of Autonomous Response: a pure function of seed and time. Some need a person's confirmation, which comes
/// or not, and some are cleared early. All times are world milliseconds.
struct ResponseActions: Sendable {
    var seed: UInt64
    var appliance: String
    /// Nothing began before.
    var epoch: Int64

    /// At most one action begins in each slot.
    static let slot: Int64 = 3_600_000
    /// No action is longer.
    static let longest: Int64 = 120 * 3_600_000

    /// One action over its whole life.
    struct Action: Sendable {
        var code: Int64
        var device: Device
        var model: BreachModel
        var isManual: Bool
        var start: Int64
        var expires: Int64
        /// When it took effect: at its start, or when it was confirmed; nil for never.
        var activated: Int64?
        /// When somebody ended it; nil for never.
        var cleared: Int64?

        /// What it is at an instant.
        func state(at now: Int64) -> State {
            if let cleared, cleared <= now { return .cleared }
            guard let activated, activated <= now else { return now < expires ? .pending : .expiredUnconfirmed }
            return now < expires ? .active : .expired
        }
    }

    enum State: String, Sendable, CaseIterable {
        case pending, active, expired, cleared
        case expiredUnconfirmed = "expired_unconfirmed"
    }

    /// The actions that began within this range, oldest first.
    func begun(in range: ClosedRange<Int64>, devices: DevicePool) -> [Action] {
        let first = CivilTime.floorDivide(max(range.lowerBound, epoch), Self.slot)
        let last = CivilTime.floorDivide(range.upperBound, Self.slot)
        guard first <= last else { return [] }
        return (first...last).compactMap { action($0, devices: devices) }
            .filter { range.contains($0.start) && $0.start >= epoch }
    }

    private func action(_ number: Int64, devices: DevicePool) -> Action? {
        var random = SeededGenerator(seed: seed, "actions of \(appliance)", number)
        guard random.chance(0.6) else { return nil }
        let start = CivilTime.floorDivide(number * Self.slot + random.below(Self.slot), 1_000) * 1_000
        let expires = start + [1, 2, 8, 24, 72, 120][Int(random.below(6))] * 3_600_000
        let isManual = random.chance(0.15)
        let needsConfirmation = !isManual && random.chance(0.5)
        // Most are confirmed within the hour, some days later.
        let hesitation = random.chance(0.8) ? 120_000 + random.below(2_400_000) : random.below(Self.longest)
        let confirmed = random.chance(0.7) ? OnCall.next(after: start + hesitation) : nil
        let activated = needsConfirmation ? confirmed.flatMap { $0 < expires ? $0 : nil } : start
        let (isCleared, clearedIn) = (random.chance(0.2), 600_000 + random.below(5_400_000))
        let cleared = isCleared ? activated.map { $0 + clearedIn } : nil
        return Action(
            code: number, device: devices.device(for: .network, &random),
            model: random.pick(ModelCatalogue.models) ?? ModelCatalogue.models[0], isManual: isManual, start: start,
            expires: expires, activated: activated, cleared: cleared.flatMap { $0 < expires ? $0 : nil })
    }
}
