import Locking

/// The active faults of one appliance.
final class FaultSwitches: Sendable {
    /// The setting of an active fault.
    struct Setting: Sendable, Equatable {
        var value: String
        /// The number of requests it still applies to; nil for no limit.
        var requestsLeft: Int?
        /// The probability that it applies to a request.
        var chance = 1.0
        /// The prefix of the paths that it applies to; nil for all.
        var path: String?
    }

    private struct State {
        var settings: [Fault: Setting] = [:]
        var random: SeededGenerator
    }
    private let state: Locked<State>

    init(seed: UInt64, appliance: String) {
        state = Locked(State(random: SeededGenerator(seed: seed, "faults of \(appliance)", 0)))
    }

    /// All active faults.
    var settings: [Fault: Setting] { state.withLock { $0.settings } }

    func set(_ fault: Fault, _ setting: Setting) { state.withLock { $0.settings[fault] = setting } }

    func clear(_ fault: Fault) { state.withLock { $0.settings[fault] = nil } }

    /// The faults that apply to a request; decrements those that are set for a number of requests.
    func draw(path: String) -> ActiveFaults {
        state.withLock { state in
            var active: [Fault: String] = [:]
            // In a fixed order, so that a seed gives the same faults again.
            for fault in Fault.allCases {
                guard var setting = state.settings[fault], path.hasPrefix(setting.path ?? "") else { continue }
                guard setting.chance >= 1 || state.random.chance(setting.chance) else { continue }
                active[fault] = setting.value
                guard let left = setting.requestsLeft else { continue }
                setting.requestsLeft = left - 1
                state.settings[fault] = left > 1 ? setting : nil
            }
            return ActiveFaults(active)
        }
    }
}

/// The faults of one request.
struct ActiveFaults: Sendable {
    private let values: [Fault: String]

    init(_ values: [Fault: String] = [:]) { self.values = values }

    func isOn(_ fault: Fault) -> Bool { values[fault] != nil }
    func value(_ fault: Fault) -> String? { values[fault] }
    func number(_ fault: Fault) -> Double? { values[fault].flatMap { Double($0) } }
    func words(_ fault: Fault) -> [String] { values[fault]?.split(separator: ",").map(String.init) ?? [] }
}

/// A fault as written: `NAME`, `NAME=VALUE`, on the command line also `APPLIANCE:NAME=VALUE`.
package struct FaultSetting: Sendable, Equatable {
    /// The appliance; nil for all.
    package var appliance: String?
    /// The fault.
    package var fault: Fault
    /// The text after `=`, or the default value of the fault; empty if it takes no value.
    package var value: String

    /// Parses a fault.
    init(parsing text: String) throws(InvalidFault) {
        let equals = text.firstIndex(of: "=")
        var name = text[..<(equals ?? text.endIndex)]
        if let colon = name.firstIndex(of: ":") {
            appliance = String(name[..<colon])
            name = name[name.index(after: colon)...]
        }
        guard let fault = Fault(rawValue: String(name)) else {
            throw InvalidFault("there is no fault \(name); --help lists them")
        }
        self.fault = fault
        value = try fault.value(equals.map { String(text[text.index(after: $0)...]) })
    }
}
