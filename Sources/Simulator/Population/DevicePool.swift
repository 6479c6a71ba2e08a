/// Everything that one appliance watches, the same for the same seed.
struct DevicePool: Sendable {
    let system = Device(system: -1)
    let network: [Device]
    let saas: [Device]

    init(seed: UInt64, appliance: String, networkCount: Int = 60, saasCount: Int = 12) {
        var random = SeededGenerator(seed: seed, "devices of \(appliance)", 0)
        network = (0..<networkCount).map { Device(network: 5 + $0, &random) }
        saas = (0..<saasCount).map { Device(saas: 500 + $0, &random) }
    }

    /// A device that such a model breaches on.
    func device(for source: BreachModel.Source, _ random: inout SeededGenerator) -> Device {
        switch source {
        case .system: system
        case .saas: random.pick(saas) ?? system
        case .network: random.pick(network) ?? system
        }
    }
}
