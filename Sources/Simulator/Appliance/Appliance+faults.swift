extension Appliance {
    /// Switches a fault on; what it changes of the records holds for those made from now on, or for all of them.
    func set(_ fault: Fault, _ setting: FaultSwitches.Setting, at moment: EffectiveTime) {
        switches.set(fault, setting)
        switch fault {
        case .clockSkew:
            setSkew(milliseconds: Int64((Double(setting.value) ?? 0) * 1_000), at: moment)
        case .closed: openGate(false)
        default: reshape(at: moment)
        }
    }

    /// Switches a fault off.
    func clear(_ fault: Fault, at moment: EffectiveTime) {
        switches.clear(fault)
        switch fault {
        case .clockSkew: setSkew(milliseconds: 0, at: moment)
        case .closed: openGate(true)
        default: reshape(at: moment)
        }
    }

    private func reshape(at moment: EffectiveTime) {
        let shape = RecordShape(ActiveFaults(switches.settings.mapValues(\.value)))
        switch moment {
        case .ever: population.change(after: .min) { $0 = shape }
        case .at(let now): population.change(after: now) { $0 = shape }
        }
    }
}

extension RecordShape {
    /// The shape that these switches ask for.
    init(_ faults: ActiveFaults) {
        self.init()
        numbering = faults.value(.ids).flatMap(Numbering.init) ?? numbering
        hasCategory = !faults.isOn(.noCategory)
        lateShare = faults.number(.lateRecords) ?? lateShare
        lateBy = faults.number(.lateBy).map { Int64($0 * 1_000) } ?? lateBy
        negativeShare = faults.number(.negativeDelay) ?? negativeShare
        if let seconds = faults.number(.lateListing) {
            unlistedFor = Int64(seconds * 1_000)
            unlistedShare = faults.number(.lateListingShare) ?? 1
        }
        suppressedShare = faults.number(.suppressed) ?? suppressedShare
        acknowledgedAfter = faults.number(.acknowledgedAfter).map { Int64($0 * 1_000) } ?? acknowledgedAfter
        unreadableEvery = faults.number(.unreadableEvery).map { Int64($0) } ?? unreadableEvery
        variants = faults.number(.modelVariants).map { Int64($0) } ?? variants
    }
}
