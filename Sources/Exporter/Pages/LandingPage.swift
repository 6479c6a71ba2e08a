package import Collector
package import HTTPServer
import Logging

/// What the landing page shows of one appliance.
package struct ApplianceState: Sendable, Equatable {
    package let name: String
    /// Whether the first attempt has ended, successful or not.
    package var hasPolled = false
    /// Whether the last poll succeeded.
    package var isUp = false
    /// The time of the last successful poll, in milliseconds since 1970.
    package var lastSuccess: Int64?
    /// The last failure of the model breaches, until a poll succeeds.
    package var problem: PollReport.Failure?
    /// The same of gauge feeds, which do not decide whether the appliance is up.
    package var warnings: [FeedKind: PollReport.Failure] = [:]

    /// Describes an appliance before its first attempt.
    package init(name: String) { self.name = name }
}

/// `/`: links, version, and each appliance's state.
package enum LandingPage {
    /// The page has no script, no URL of an appliance and no token; everything from outside is escaped. Links are
    /// relative, so that they work below any prefix of a reverse proxy.
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
            <p>Prometheus exporter for Darktrace appliances. Version \(HTMLText(Build.version)), \
            revision \(HTMLText(Build.revision)).</p>
            <ul>
            <li><a href="\(HTMLText(String(telemetryPath.drop { $0 == "/" })))">Metrics</a></li>
            <li><a href="-/healthy">Health</a></li>
            <li><a href="-/ready">Readiness</a></li>
            </ul>
            <table>
            <thead><tr><th>Appliance</th><th>State</th><th>Last successful poll</th><th>Errors</th></tr></thead>
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
            case (false, _): ("", "first poll in progress")
            case (true, true): ("up", "up")
            case (true, false): ("down", "down")
            }
        let success = state.lastSuccess.map(UTC.shortText) ?? "none yet"
        let warnings = Feeds.all.compactMap { feed in
            state.warnings[feed].map { "\(feed.name): \($0.detail)" }
        }
        let errors = [state.problem?.detail].compactMap(\.self) + warnings
        return """
            <tr><td>\(HTMLText(state.name))</td><td class="\(style)">\(word)</td><td>\(success)</td>\
            <td>\(errors.map { HTMLText($0).description }.joined(separator: "<br>"))</td></tr>
            """
    }
}

/// Text escaped for HTML, so that no appliance can add markup.
struct HTMLText: CustomStringConvertible {
    let description: String

    /// Escapes the five special characters of HTML and cuts text that is too long for a page.
    init(_ text: String, limit: Int = 300) {
        var safe = ""
        for scalar in text.unicodeScalars.prefix(limit) {
            switch scalar {
            case "&": safe += "&amp;"
            case "<": safe += "&lt;"
            case ">": safe += "&gt;"
            case "\"": safe += "&quot;"
            case "'": safe += "&#39;"
            case _ where scalar.isUnsafeToDisplay: safe += "\u{FFFD}"
            default: safe.unicodeScalars.append(scalar)
            }
        }
        description = text.unicodeScalars.count > limit ? safe + "…" : safe
    }
}
