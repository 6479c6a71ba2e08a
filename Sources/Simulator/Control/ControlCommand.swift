/// A change requested over the control API, with the instant of world time at which it applies.
struct ControlCommand: Sendable {
    /// The path, such as `/-/burst`.
    var path: String
    /// The query as sent.
    var query: String
    /// World milliseconds.
    var instant: Int64

    /// Performs the command and returns its result.
    func perform(on appliances: [Appliance]) throws(ControlCommandError) -> JSON {
        let items = QueryItems(query)
        let selected = try Self.selected(items, appliances)
        switch path {
        case "/-/burst":
            return .list(try selected.map { (appliance) throws(ControlCommandError) in try burst(appliance, items) })
        case "/-/faults": try switchFaults(selected, items)
        case "/-/pause": for appliance in selected { appliance.population.pause(true, after: instant) }
        case "/-/resume": for appliance in selected { appliance.population.pause(false, after: instant) }
        case "/-/clock": try setClock(selected, items)
        default: throw ControlCommandError("there is no \(path)")
        }
        return .object(selected.map { .init($0.name, $0.summary) })
    }

    /// The appliance named by `appliance=`, or all.
    static func selected(_ items: QueryItems, _ appliances: [Appliance]) throws(ControlCommandError) -> [Appliance] {
        guard let name = items["appliance"] else { return appliances }
        guard let appliance = appliances.first(where: { $0.name == name }) else {
            throw ControlCommandError(
                "there is no appliance \(name); there is \(appliances.map(\.name).joined(separator: ", "))")
        }
        return [appliance]
    }

    private func setClock(_ appliances: [Appliance], _ items: QueryItems) throws(ControlCommandError) {
        guard let skew = try items.seconds("skew") else {
            guard let step = try items.seconds("step") else { return }
            for appliance in appliances { appliance.stepClock(milliseconds: step, at: instant) }
            return
        }
        for appliance in appliances { appliance.setSkew(milliseconds: skew, at: .at(instant)) }
    }

    private func switchFaults(_ appliances: [Appliance], _ items: QueryItems) throws(ControlCommandError) {
        let settings: [FaultSetting]
        do {
            settings = try items.all("set").map { (text) throws(InvalidFault) in try FaultSetting(parsing: text) }
        } catch {
            throw ControlCommandError(error.description)
        }
        var cleared: [Fault] = []
        for name in items.all("clear") {
            if name == "all" {
                cleared += Fault.allCases
            } else if let fault = Fault(rawValue: name) {
                cleared.append(fault)
            } else {
                throw ControlCommandError("there is no fault \(name)")
            }
        }
        let times = try items.number("times").map { Int($0) }
        let chance = try items.number("chance") ?? 1
        for appliance in appliances {
            for fault in cleared where appliance.switches.settings[fault] != nil {
                appliance.clear(fault, at: .at(instant))
            }
            for setting in settings {
                let value = FaultSwitches.Setting(
                    value: setting.value, requestsLeft: times, chance: chance, path: items["path"])
                appliance.set(setting.fault, value, at: .at(instant))
            }
        }
    }
}

/// Why a command cannot be performed, as one line.
struct ControlCommandError: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) { self.description = description }
}

extension QueryItems {
    /// A number, if it is given.
    func number(_ name: String) throws(ControlCommandError) -> Double? {
        guard let text = self[name] else { return nil }
        guard let number = Double(text), number.isFinite, abs(number) < 1e12 else {
            throw ControlCommandError("\(name) cannot be \(text); give a number")
        }
        return number
    }

    /// A time in milliseconds since 1970, if it is given.
    func milliseconds(_ name: String) throws(ControlCommandError) -> Int64? {
        do {
            return try integer(name)
        } catch {
            throw ControlCommandError("\(name) must be milliseconds since 1970")
        }
    }

    /// A number of seconds, at most ten years, in milliseconds.
    func seconds(_ name: String) throws(ControlCommandError) -> Int64? {
        guard let seconds = try number(name) else { return nil }
        guard abs(seconds) <= 3_660 * 86_400 else { throw ControlCommandError("\(name) must be at most ten years") }
        return Int64(seconds * 1_000)
    }
}

extension ControlCommand {
    /// Creates breaches now, or spread over the following seconds.
    ///
    /// A model that is not in the catalogue is created with `priority` and `category`.
    func burst(_ appliance: Appliance, _ items: QueryItems) throws(ControlCommandError) -> JSON {
        let count = Int(try items.number("count") ?? 1)
        guard (1...1_000_000).contains(count) else { throw ControlCommandError("count must be from 1 to 1000000") }
        let spread = try items.seconds("spread") ?? 0
        guard (0...31_622_400_000).contains(spread) else {
            throw ControlCommandError("spread must be from 0 to 31622400")
        }
        let maker = appliance.population.maker
        var random = SeededGenerator(seed: maker.seed, "raised on \(appliance.name) by \(query)", instant)
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
            let creation = instant + spread * Int64(number) / Int64(count)
            var breach = maker.breach(of: model, on: device, created: creation, shape: shape, &random)
            if let score { breach.score = min(1_000, max(0, score)) }
            if let delay { breach.activity = CivilTime.floorDivide(creation - delay, 1_000) * 1_000 }
            return breach
        }
        appliance.population.raise(breaches)
        return [
            "appliance": .text(appliance.name), "model": .text(name),
            "category": .text(model.kind(withCategory: shape.hasCategory).rawValue), "count": JSON(count),
            "worldTime": .integer(instant),
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
