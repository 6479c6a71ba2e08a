import Locking

/// Which faults one appliance has at present.
final class FaultSwitches: Sendable {
    /// One fault that is on.
    struct Setting: Sendable, Equatable {
        var value: String
        /// For so many requests more; nil for good.
        var requestsLeft: Int?
        /// The probability that a request meets it.
        var chance = 1.0
        /// Only requests whose path begins so.
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

    /// Everything that is on.
    var settings: [Fault: Setting] { state.withLock { $0.settings } }

    func set(_ fault: Fault, _ setting: Setting) { state.withLock { $0.settings[fault] = setting } }

    func clear(_ fault: Fault) { state.withLock { $0.settings[fault] = nil } }

    /// The faults that a request meets; those that are set for a number of requests are used up by it.
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
