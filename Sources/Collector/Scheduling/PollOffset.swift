/// When an appliance is polled, relative to the others of a fleet.
struct PollOffset: Sendable, Equatable {
    /// Until the first poll.
    var startDelay = Duration.zero
    /// The part of each interval in which later polls are due.
    var phases: Range<Double> = 0..<1

    /// Spreads the polls of appliances that are added to a fleet; by their names.
    ///
    /// First polls are a tenth of a second apart, or less if that would take longer than the interval: a fleet does not
    /// connect at one instant. Later ones follow each other in the order of the names, as the appliances do in the
    /// exposition: what changed between two scrapes lies together, in few of the chunks that are made again.
    static func spread(
        _ added: [PollConfiguration], among all: [PollConfiguration]
    ) -> [String: PollOffset] {
        guard !added.isEmpty else { return [:] }
        let names = Set(all.map(\.name)).sorted()
        var offsets: [String: PollOffset] = [:]
        for (place, name) in names.enumerated() {
            offsets[name] = PollOffset(
                phases: Double(place) / Double(names.count)..<Double(place + 1) / Double(names.count))
        }
        for (place, configuration) in added.enumerated() {
            let distance = min(.milliseconds(100), configuration.pollInterval / added.count)
            offsets[configuration.name]?.startDelay = distance * place
        }
        return offsets
    }
}
