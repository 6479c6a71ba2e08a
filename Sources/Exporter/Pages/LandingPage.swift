import Collector
package import HTTPServer

/// `/`: what works, what does not, and what to do about it.
package enum LandingPage {
    /// The page has no script, no URL of an appliance and no token; everything from outside is escaped.
    ///
    /// - Parameters:
    ///   - others: Number of configured appliances that other replicas of the fleet poll.
    ///   - now: The wall clock in milliseconds since 1970.
    package static func response(
        appliances: [ApplianceState], others: Int = 0, telemetryPath: String, now: Int64
    ) -> Response {
        let sorted = appliances.sorted { ($0.condition, $0.name) < ($1.condition, $1.name) }
        return HTMLPage.response(
            title: "\(title(of: sorted)): darktrace-exporter", root: "", telemetryPath: telemetryPath,
            main: """
                <h1>Darktrace appliances</h1>
                <p class="summary \(sorted.first?.condition.style ?? "soft")">\(summary(of: sorted))\(summary(of: others))</p>
                <table>
                <thead><tr><th scope="col">Appliance</th><th scope="col">State</th>\
                <th scope="col">Last success</th><th scope="col">What is wrong, and what to do</th></tr></thead>
                <tbody>
                \(sorted.map { row($0, now) }.joined(separator: "\n"))
                </tbody>
                </table>
                """)
    }

    /// What the tab of a browser shows.
    private static func title(of appliances: [ApplianceState]) -> String {
        let failing = appliances.count { $0.condition == .failing }
        return failing == 0 ? "No failure" : "\(failing) failing"
    }

    /// The number of appliances in each condition, those that need attention first.
    private static func summary(of appliances: [ApplianceState]) -> String {
        guard !appliances.isEmpty else { return "No appliance is polled." }
        let parts = ApplianceState.Condition.allCases.compactMap { condition -> String? in
            let count = appliances.count { $0.condition == condition }
            return count == 0 ? nil : "<strong>\(count)</strong> \(condition.word)"
        }
        let all = appliances.count == 1 ? "1 appliance" : "\(appliances.count) appliances"
        return "\(all): \(parts.joined(separator: ", "))."
    }

    private static func summary(of others: Int) -> String {
        others == 0 ? "" : " Other replicas of the fleet poll \(others) more."
    }

    private static func row(_ state: ApplianceState, _ now: Int64) -> String {
        let link = HTMLText(HTMLPage.path(ofAppliance: state.name), limit: 1_000)
        return """
            <tr><th scope="row"><a href="\(link)">\(HTMLText(state.name))</a></th>\
            <td class="state \(state.condition.style)">\(state.condition.word)</td>\
            <td data-label="Last success">\(HTMLPage.age(state.lastSuccess, now: now))</td>\
            <td>\(Advice.list(of: state, root: ""))</td></tr>
            """
    }
}

extension ApplianceState.Condition {
    /// The condition in words.
    var word: String {
        switch self {
        case .failing: "failing"
        case .pending: "not polled yet"
        case .limited: "up, some feeds fail"
        case .up: "up"
        }
    }

    /// The class of its colour.
    var style: String {
        switch self {
        case .failing: "failing"
        case .pending: "pending"
        case .limited: "limited"
        case .up: "up"
        }
    }
}
