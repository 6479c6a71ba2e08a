/// When an appliance is polled, relative to the others of a fleet.
struct PollOffset: Sendable, Equatable {
    /// Until the first poll.
    var startDelay = Duration.zero
    /// The part of each interval in which later polls are due.
    var phases: Range<Double> = 0..<1

    /// Spreads the polls of appliances that are added to a fleet.
    ///
    /// First polls are a tenth of a second apart, or less if that would take longer than the interval: a fleet does not
    /// connect at one instant. Later ones follow each other in the order of the names, as the appliances do in the
    /// exposition: what changed between two scrapes lies together, in few of the chunks that are made again.
    ///
    /// - Parameter names: Of the whole fleet: what is polled elsewhere, or will be polled later, has its part as well.
    /// - Returns: By the names of the appliances.
    static func spread(_ added: [PollConfiguration], among names: [String]) -> [String: PollOffset] {
        guard !added.isEmpty else { return [:] }
        let order = Set(names).union(added.map(\.name)).sorted()
        let phases = Dictionary(
            uniqueKeysWithValues: order.enumerated().map { place, name in
                (name, Double(place) / Double(order.count)..<Double(place + 1) / Double(order.count))
            })
        var offsets: [String: PollOffset] = [:]
        for (place, configuration) in added.enumerated() {
            let distance = min(.milliseconds(100), configuration.pollInterval / added.count)
            offsets[configuration.name] = PollOffset(
                startDelay: distance * place, phases: phases[configuration.name] ?? 0..<1)
        }
        return offsets
    }
}
