/// A change that somebody asks for over the control path, and the moment of the world at which it holds.
struct ControlCommand: Sendable {
    /// The path of the control path: `/-/burst`.
    var path: String
    /// The query as it was sent.
    var query: String
    /// World milliseconds.
    var moment: Int64

    /// Does it; answers what came of it.
    func perform(on appliances: [Appliance]) throws(ControlCommandError) -> JSON {
        let items = QueryItems(query)
        let meant = try Self.meant(items, appliances)
        switch path {
        case "/-/burst":
            return .list(try meant.map { (appliance) throws(ControlCommandError) in try burst(appliance, items) })
        case "/-/faults": try switchFaults(meant, items)
        case "/-/pause": for appliance in meant { appliance.population.pause(true, after: moment) }
        case "/-/resume": for appliance in meant { appliance.population.pause(false, after: moment) }
        case "/-/clock": try setClock(meant, items)
        default: throw ControlCommandError("there is no \(path)")
        }
        return .object(meant.map { .init($0.name, $0.summary) })
    }

    /// The appliances that are meant: the named one, or all.
    static func meant(_ items: QueryItems, _ appliances: [Appliance]) throws(ControlCommandError) -> [Appliance] {
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
            for appliance in appliances { appliance.stepClock(milliseconds: step, at: moment) }
            return
        }
        for appliance in appliances { appliance.setSkew(milliseconds: skew, at: .at(moment)) }
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
                appliance.clear(fault, at: .at(moment))
            }
            for setting in settings {
                let value = FaultSwitches.Setting(
                    value: setting.value, requestsLeft: times, chance: chance, path: items["path"])
                appliance.set(setting.fault, value, at: .at(moment))
            }
        }
    }
}

/// What was asked for cannot be done, as one line.
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

    /// A number of seconds, in milliseconds.
    func seconds(_ name: String) throws(ControlCommandError) -> Int64? {
        try number(name).map { Int64($0 * 1_000) }
    }
}
