import Collector
package import HTTPServer

/// `/`: links, version, and each appliance's state, for people.
package enum LandingPage {
    /// No script, no URL of an appliance, no token; everything that came from outside is escaped.
    package static func response(appliances: [ApplianceState], telemetryPath: String) -> Response {
        Page.response(
            """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>darktrace-exporter</title>
            <style>\(style)</style>
            </head>
            <body>
            <h1>darktrace-exporter</h1>
            <p>Prometheus metrics of Darktrace appliances. Version \(HTMLText(Build.version)), \
            revision \(HTMLText(Build.revision)).</p>
            <ul>
            <li><a href="\(HTMLText(telemetryPath))">Metrics</a></li>
            <li><a href="/-/healthy">Healthy</a></li>
            <li><a href="/-/ready">Ready</a></li>
            </ul>
            <table>
            <thead><tr><th>Appliance</th><th>State</th><th>Last good poll</th><th>What is wrong</th></tr></thead>
            <tbody>
            \(appliances.map(row).joined(separator: "\n"))
            </tbody>
            </table>
            </body>
            </html>

            """, type: "text/html; charset=utf-8")
    }

    private static let style = """
        body { font-family: system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #222 }
        table { border-collapse: collapse; width: 100% } th, td { text-align: left; padding: .4rem .8rem; \
        border-bottom: 1px solid #ddd; vertical-align: top } .up { color: #176f2c } .down { color: #b3261e }
        """

    private static func row(_ state: ApplianceState) -> String {
        let (style, word) =
            switch (state.hasPolled, state.isUp) {
            case (false, _): ("", "first poll under way")
            case (true, true): ("up", "up")
            case (true, false): ("down", "down")
            }
        let success = state.lastSuccess.map(UTC.shortText) ?? "none yet"
        let remarks = FeedKind.allCases.compactMap { feed in state.warnings[feed].map { "\(feed.rawValue): \($0)" } }
        let problems = [state.problem].compactMap(\.self) + remarks
        return """
            <tr><td>\(HTMLText(state.name))</td><td class="\(style)">\(word)</td><td>\(success)</td>\
            <td>\(problems.map { HTMLText($0).description }.joined(separator: "<br>"))</td></tr>
            """
    }
}
