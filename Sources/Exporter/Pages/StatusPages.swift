import Configuration
package import HTTPServer

/// The pages for people: what they show is read when they are asked for, and never waits for a poll.
package struct StatusPages: Sendable {
    private let observations: MetricsRegistry
    private let telemetryPath: String
    private let wallMilliseconds: @Sendable () -> Int64

    /// - Parameter wallMilliseconds: The time that ages are relative to, since 1970.
    package init(
        _ observations: MetricsRegistry, telemetryPath: String, wallMilliseconds: @escaping @Sendable () -> Int64
    ) {
        self.observations = observations
        self.telemetryPath = telemetryPath
        self.wallMilliseconds = wallMilliseconds
    }

    /// The page at a path without the route prefix; nil if there is none.
    package func response(to path: String) -> Response? {
        if path == "/" {
            return LandingPage.response(
                appliances: observations.states.states, others: others.count, telemetryPath: telemetryPath,
                now: wallMilliseconds())
        }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        guard parts.count == 2, let folder = parts.first, let name = parts.last else { return nil }
        switch folder {
        case "appliances": return appliance(name)
        case "runbooks" where name.isEmpty: return RunbookPage.list(telemetryPath: telemetryPath)
        case "runbooks": return RunbookPage.response(name, telemetryPath: telemetryPath)
        default: return nil
        }
    }

    /// The appliances that other replicas of the fleet poll.
    private var others: [String] {
        guard observations.leases != nil else { return [] }
        return observations.configuration.appliances.filter(\.isEnabled).map(\.name)
            .filter { !observations.states.contains($0) }
    }

    /// The page of the appliance whose name a path has in its encoded or its plain form.
    private func appliance(_ name: Substring) -> Response? {
        let states = observations.states.states
        guard let state = states.first(where: { $0.name == name || HTMLPage.percentEncoded($0.name) == name })
        else {
            guard let other = others.first(where: { $0 == name || HTMLPage.percentEncoded($0) == name }) else {
                return nil
            }
            return HTMLPage.response(
                title: other, root: "../", telemetryPath: telemetryPath,
                main: """
                    <h1>\(HTMLText(other))</h1>
                    <p class="summary soft">Another replica of the fleet polls this appliance; \
                    <code>darktrace_lease_info</code> and <code>state list</code> name it.</p>
                    """)
        }
        return AppliancePage.response(
            state, families: observations.families(of: state.name),
            skewSeconds: observations.states.skewSeconds(of: state.name), telemetryPath: telemetryPath,
            now: wallMilliseconds())
    }
}
