import Darktrace
import HTTPServer
import Locking
import Values

/// The HTTPS listeners: one for all appliances, and one for each appliance with its own; they can be closed and reopened.
final class ApplianceListeners: Sendable {
    private struct State {
        /// The open listeners by appliance; the common one has the empty name.
        var open: [String: Server] = [:]
        /// The appliances whose listeners are closed.
        var closed: Set<String> = []
    }
    private let state = Locked(State())
    /// The bound address of each listener.
    private let addresses: [String: ListenAddress]
    private let appliances: [Appliance]
    private let identity: TLSIdentity

    let commonAddress: ListenAddress
    var ownAddresses: [(name: String, address: ListenAddress)] {
        appliances.compactMap { appliance in addresses[appliance.name].map { (appliance.name, $0) } }
    }

    init(
        common: ListenAddress, settings: [ApplianceSettings], appliances: [Appliance], identity: TLSIdentity
    ) throws {
        self.appliances = appliances
        self.identity = identity
        var open = ["": try Self.server(common, appliances, identity)]
        for (setting, appliance) in zip(settings, appliances) {
            guard let text = setting.listenAddress else { continue }
            open[setting.name] = try Self.server(ListenAddress(parsing: text), [appliance], identity)
        }
        let addresses = open.compactMapValues(\.boundAddresses.first)
        self.addresses = addresses
        commonAddress = addresses[""] ?? common
        let servers = open
        state.withLock { $0.open = servers }
        for appliance in appliances {
            let name = appliance.name
            appliance.setGate { [weak self] isOpen in self?.set(name, isOpen) }
            if appliance.switches.settings[.closed] != nil { set(name, false) }
        }
    }

    func stop(graceSeconds: Double) {
        let servers = state.withLock { state in
            defer { state.open = [:] }
            return Array(state.open.values)
        }
        for server in servers { server.stop(graceSeconds: graceSeconds) }
    }

    /// Closes or opens an appliance's own listener; the common one is closed while all appliances are.
    private func set(_ name: String, _ isOpen: Bool) {
        let (closing, opening) = state.withLock { state in
            if isOpen { state.closed.remove(name) } else { state.closed.insert(name) }
            var wanted = Set(addresses.keys).subtracting(state.closed)
            if state.closed.count == appliances.count { wanted.remove("") }
            let closing = state.open.filter { !wanted.contains($0.key) }
            for key in closing.keys { state.open[key] = nil }
            return (Array(closing.values), wanted.subtracting(state.open.keys))
        }
        for server in closing { server.stop(graceSeconds: 0) }
        for key in opening {
            guard let address = addresses[key] else { continue }
            let served = key.isEmpty ? appliances : appliances.filter { $0.name == key }
            // If another process has taken the port, the listener stays closed.
            guard let server = try? Self.server(address, served, identity) else { continue }
            state.withLock { $0.open[key] = server }
        }
    }

    private static func server(
        _ address: ListenAddress, _ appliances: [Appliance], _ identity: TLSIdentity
    ) throws -> Server {
        var configuration = ServerConfiguration(addresses: [address], identity: identity)
        // Slow and endless responses are intended.
        configuration.keepsBodies = true
        configuration.timeouts = Timeouts(read: 60, write: 86_400, idle: 300)
        return try Server(configuration) { request in
            let token = request.values(of: "dtapi-token").first
            let known = appliances.first { $0.credentials.publicToken == token }
            // The first appliance answers requests with an unknown token.
            guard let appliance = known ?? appliances.first else { return .text(503, "no appliance") }
            return appliance.response(to: request, isKnownToken: known != nil)
        }
    }
}
