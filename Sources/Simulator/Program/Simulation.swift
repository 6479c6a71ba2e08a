import Crypto
import HTTPServer
package import Values

/// A running simulator: its appliances, their listeners and the control API.
package final class Simulation: Sendable {
    /// In the order of the command line.
    package let appliances: [Appliance]
    /// The clock of the simulation.
    package let world: SimulatedClock
    /// The CA certificate for clients.
    package let authorityPEM: String
    private let gates: ApplianceListeners
    private let control: Server

    /// The HTTPS address of all appliances.
    package var httpsAddress: ListenAddress { gates.commonAddress }
    /// The address of the control API.
    package var controlAddress: ListenAddress { control.boundAddresses[0] }

    /// Starts all listeners.
    package init(_ options: SimulatorOptions) throws(StartError) {
        let start = options.clockStart ?? SimulatedClock.wallMilliseconds
        let world = SimulatedClock(startingAt: start, speed: options.speed)
        let settings = options.applianceSettings(now: start)
        let appliances = settings.map { Appliance($0, world: world) }
        for setting in options.faults {
            for appliance in appliances where setting.appliance == nil || setting.appliance == appliance.name {
                appliance.set(setting.fault, FaultSwitches.Setting(value: setting.value), at: .ever)
            }
        }
        let journal = options.journal.map(Journal.init)
        do {
            for command in try journal?.commands() ?? [] { _ = try command.perform(on: appliances) }
            let certificate = try TestCertificate()
            if let file = options.caFile { try TextFile.replace(file, with: certificate.authorityPEM) }
            let identity = TLSIdentity(certificatePEM: certificate.chainPEM, keyPEM: certificate.keyPEM)
            gates = try ApplianceListeners(
                common: try ListenAddress(parsing: options.listenAddress), settings: settings, appliances: appliances,
                identity: identity)
            control = try Self.controlServer(
                options.controlAddress, ControlPath(appliances: appliances, world: world, journal: journal))
            authorityPEM = certificate.authorityPEM
        } catch {
            throw StartError(description: "\(error)")
        }
        self.appliances = appliances
        self.world = world
    }

    /// Stops all listeners; responses in progress may take `graceSeconds`.
    package func stop(graceSeconds: Double = 0) {
        control.stop(graceSeconds: 0)
        gates.stop(graceSeconds: graceSeconds)
    }

    /// The line with all addresses, for programs that start the simulator.
    package var readyLine: String {
        let own = gates.ownAddresses.map { " \($0.name)=\($0.address)" }.joined()
        return "ready https=\(httpsAddress) control=\(controlAddress)\(own)"
    }

    private static func controlServer(_ text: String, _ path: ControlPath) throws -> Server {
        let address = try ListenAddress(parsing: text)
        let host = address.host ?? ""
        guard text.hasPrefix("unix:") || host == "localhost" || host == "::1" || host.hasPrefix("127.") else {
            throw StartError(
                description: "--control.listen-address must be a loopback address such as 127.0.0.1:0, not \(text)")
        }
        return try Server(ServerConfiguration(addresses: [address])) { path.response(to: $0) }
    }
}

/// Why the simulator did not start, as one line.
package struct StartError: Error, CustomStringConvertible {
    /// Where and what the problem is.
    package let description: String
}
