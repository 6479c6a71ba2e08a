extension ControlCommand {
    /// Raises breaches at once, or spread over the seconds that follow.
    ///
    /// A model that the catalogue does not have is made: `priority` and `category` say what it counts as.
    func burst(_ appliance: Appliance, _ items: QueryItems) throws(ControlCommandError) -> JSON {
        let count = Int(try items.number("count") ?? 1)
        guard (1...1_000_000).contains(count) else { throw ControlCommandError("count must be from 1 to 1000000") }
        let spread = try items.seconds("spread") ?? 0
        guard (0...31_622_400_000).contains(spread) else {
            throw ControlCommandError("spread must be from 0 to 31622400")
        }
        let maker = appliance.population.maker
        var random = SeededGenerator(seed: maker.seed, "raised on \(appliance.name) by \(query)", moment)
        let name = items["model"] ?? "Device::Large Number of Model Alerts"
        let model: BreachModel
        if let known = maker.model(named: name) { model = known } else { model = try newModel(name, items) }
        let device = maker.devices.device(for: model.source, &random)
        let score = try items.number("score").map { Int(($0 * 1_000).rounded()) }
        let delay = try items.seconds("delay")
        var shape = appliance.population.shape
        shape.suppressedShare = try items.flag("suppressed") ? 1 : 0
        shape.lateShare = 0
        let breaches = (0..<count).map { number -> Breach in
            let creation = moment + spread * Int64(number) / Int64(count)
            var breach = maker.breach(of: model, on: device, created: creation, shape: shape, &random)
            if let score { breach.score = min(1_000, max(0, score)) }
            if let delay { breach.activity = CivilTime.floorDivide(creation - delay, 1_000) * 1_000 }
            return breach
        }
        appliance.population.raise(breaches)
        return [
            "appliance": .text(appliance.name), "model": .text(name),
            "category": .text(model.kind(withCategory: shape.hasCategory).rawValue), "count": JSON(count),
            "worldTime": .integer(moment),
        ]
    }

    private func newModel(_ name: String, _ items: QueryItems) throws(ControlCommandError) -> BreachModel {
        let priority = Int(try items.number("priority") ?? 3)
        guard (0...5).contains(priority) else { throw ControlCommandError("priority must be from 0 to 5") }
        var kind = BreachKind(priority: priority)
        if let text = items["category"] {
            guard let given = BreachKind(rawValue: text) else {
                let words = BreachKind.allCases.map(\.rawValue).joined(separator: ", ")
                throw ControlCommandError("category cannot be \(text); give one of \(words)")
            }
            kind = given
        }
        return BreachModel(name, priority: priority, kind: kind, number: 900)
    }
}

extension QueryItems {
    /// `true`, `false`, or nothing for false.
    func flag(_ name: String) throws(ControlCommandError) -> Bool {
        do {
            return try bool(name, default: false)
        } catch {
            throw ControlCommandError("\(name) must be true or false")
        }
    }
}
