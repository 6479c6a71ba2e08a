package import Darktrace
import HTTPServer
import Locking

/// From when on a change holds.
enum EffectiveTime: Sendable, Equatable {
    /// As if it had always been so.
    case ever
    /// From this world time on, in milliseconds.
    case at(Int64)
}

/// One simulated master: its users' tokens, its clock, what happened there, and what is wrong with it.
package final class Appliance: Sendable {
    /// How it is called on the command line and over the control path.
    package let name: String
    /// The token pair of its one API user.
    package let credentials: Credentials
    /// The time that its own clock is skewed against.
    package let world: SimulatedClock
    /// What happened there.
    package let population: Population
    /// The full host name that links carry.
    let hostName: String?
    let switches: FaultSwitches
    let requests = RequestLog()
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

    /// How far its clock is from the world's, over time.
    var skew: Skew { clock.withLock { $0 } }

    /// What its clock shows at a moment of the world, milliseconds since 1970.
    package func shownTime(at world: Int64) -> Int64 { world + clock.withLock { $0.offset(at: world) } }

    /// What its clock shows now.
    package var shownTime: Int64 { shownTime(at: world.now) }

    /// Sets how far the clock is ahead of the world's: from now on, or as it always was.
    func setSkew(milliseconds: Int64, at moment: EffectiveTime) {
        clock.withLock { skew in
            switch moment {
            case .ever: skew = Skew(offset: milliseconds)
            case .at(let now): skew.set(offset: milliseconds, since: now)
            }
        }
    }

    /// Steps the clock, forward or back.
    func stepClock(milliseconds: Int64, at now: Int64) {
        clock.withLock { $0.set(offset: $0.offset(at: now) + milliseconds, since: now) }
    }

    /// Says how the appliance's own listener is closed and opened.
    func setGate(_ open: @escaping @Sendable (Bool) -> Void) { gate.withLock { $0 = open } }

    /// Closes or opens the listener.
    func openGate(_ isOpen: Bool) { gate.withLock { $0 }?(isOpen) }
}
