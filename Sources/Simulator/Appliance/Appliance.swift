package import Darktrace
import HTTPServer
import Locking

/// From when on a change applies.
enum EffectiveTime: Sendable, Equatable {
    /// For all of the history.
    case ever
    /// From this world time on, in milliseconds since 1970.
    case at(Int64)
}

/// One simulated master: token pair, clock, population of breaches and active faults.
package final class Appliance: Sendable {
    /// Its name on the command line and in the control API.
    package let name: String
    /// The token pair of its one API user.
    package let credentials: Credentials
    /// The world time, from which its own clock may differ.
    package let world: SimulatedClock
    /// Its breaches.
    package let population: Population
    /// The full host name that links carry.
    let hostName: String?
    let switches: FaultSwitches
    let requests = RequestLog()
    let annotations = BreachAnnotations()
    private let clock: Locked<Skew>
    /// Closes or opens the appliance's listener, if it has one of its own.
    private let gate = Locked<(@Sendable (Bool) -> Void)?>(nil)

    init(_ settings: ApplianceSettings, world: SimulatedClock) {
        name = settings.name
        credentials = settings.credentials
        self.world = world
        hostName = settings.hostName
        switches = FaultSwitches(seed: settings.seed, appliance: settings.name)
        clock = Locked(Skew(offset: 0))
        population = Population(
            seed: settings.seed, appliance: settings.name, epoch: settings.epoch, perDay: settings.rate)
    }

    /// The offset of its clock from world time, as a function of world time.
    var skew: Skew { clock.withLock { $0 } }

    /// The time of its clock at an instant of world time, in milliseconds since 1970.
    package func shownTime(at world: Int64) -> Int64 { world + clock.withLock { $0.offset(at: world) } }

    /// The current time of its clock.
    package var shownTime: Int64 { shownTime(at: world.now) }

    /// Sets the clock's offset from world time, from an instant on or for all of the history.
    func setSkew(milliseconds: Int64, at instant: EffectiveTime) {
        clock.withLock { skew in
            switch instant {
            case .ever: skew = Skew(offset: milliseconds)
            case .at(let now): skew.set(offset: milliseconds, since: now)
            }
        }
    }

    /// Steps the clock, forward or back.
    func stepClock(milliseconds: Int64, at now: Int64) {
        clock.withLock { $0.set(offset: $0.offset(at: now) + milliseconds, since: now) }
    }

    /// Sets the function that closes and opens the appliance's own listener.
    func setGate(_ open: @escaping @Sendable (Bool) -> Void) { gate.withLock { $0 = open } }

    /// Closes or opens the listener.
    func openGate(_ isOpen: Bool) { gate.withLock { $0 }?(isOpen) }
}

/// The start settings of an appliance.
struct ApplianceSettings: Sendable {
    var name: String
    var credentials: Credentials
    var seed: UInt64 = 1
    /// World milliseconds before which nothing was created.
    var epoch: Int64 = 0
    /// Breaches a day, suppressed ones included.
    var rate = 200.0
    /// An own listener in addition to the common one.
    var listenAddress: String?
    var hostName: String?

    init(name: String, credentials: Credentials) {
        self.name = name
        self.credentials = credentials
    }
}

extension Appliance {
    /// Switches a fault on; a fault that changes records applies to those created from `instant` on.
    func set(_ fault: Fault, _ setting: FaultSwitches.Setting, at instant: EffectiveTime) {
        switches.set(fault, setting)
        switch fault {
        case .clockSkew:
            setSkew(milliseconds: Int64((Double(setting.value) ?? 0) * 1_000), at: instant)
        case .closed: openGate(false)
        default: reshape(at: instant)
        }
    }

    /// Switches a fault off.
    func clear(_ fault: Fault, at instant: EffectiveTime) {
        switches.clear(fault)
        switch fault {
        case .clockSkew: setSkew(milliseconds: 0, at: instant)
        case .closed: openGate(true)
        default: reshape(at: instant)
        }
    }

    private func reshape(at instant: EffectiveTime) {
        let shape = RecordShape(ActiveFaults(switches.settings.mapValues(\.value)))
        switch instant {
        case .ever: population.change(after: .min) { $0 = shape }
        case .at(let now): population.change(after: now) { $0 = shape }
        }
    }
}

extension RecordShape {
    /// The shape that the active faults describe.
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
        isAcknowledged = !faults.isOn(.youngSite)
        suppressedShare = faults.number(.suppressed) ?? suppressedShare
        acknowledgedAfter = faults.number(.acknowledgedAfter).map { Int64($0 * 1_000) } ?? acknowledgedAfter
        unreadableEvery = faults.number(.unreadableEvery).map { Int64($0) } ?? unreadableEvery
        variants = faults.number(.modelVariants).map { Int64($0) } ?? variants
    }
}

/// The latest requests and the number of all requests by outcome; request headers are not kept.
final class RequestLog: Sendable {
    /// One answered request.
    struct Entry: Sendable {
        /// World milliseconds.
        var time: Int64
        var target: String
        var status: Int
        var outcome: String
        var userAgent: String
    }

    private struct State {
        var count = 0
        var outcomes: [String: Int] = [:]
        var entries: [Entry] = []
    }
    private let state = Locked(State())
    private static let kept = 500

    func add(_ entry: Entry) {
        state.withLock { state in
            state.count += 1
            state.outcomes[entry.outcome, default: 0] += 1
            state.entries.append(entry)
            if state.entries.count > Self.kept { state.entries.removeFirst() }
        }
    }

    /// All counts since the start and the latest requests, oldest first.
    var json: JSON {
        state.withLock { state in
            let outcomes = state.outcomes.sorted { $0.key < $1.key }
            return [
                "count": JSON(state.count),
                "outcomes": .object(outcomes.map { JSON.Field($0.key, JSON($0.value)) }),
                "latest": .list(
                    state.entries.map {
                        [
                            "time": .integer($0.time), "target": .text($0.target), "status": JSON($0.status),
                            "outcome": .text($0.outcome), "userAgent": .text($0.userAgent),
                        ]
                    }),
            ]
        }
    }
}
