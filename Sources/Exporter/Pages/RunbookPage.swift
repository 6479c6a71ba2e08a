package import HTTPServer

/// `/runbooks/` and `/runbooks/NAME`: what to do when an alert fires.
package enum RunbookPage {
    /// The list of all runbooks.
    package static func list(telemetryPath: String) -> Response {
        let items = Runbooks.all.map { "<li><a href=\"\($0.name)\">\($0.name)</a></li>" }
        return HTMLPage.response(
            title: "Runbooks: darktrace-exporter", root: "../", telemetryPath: telemetryPath, refreshes: false,
            main: "<h1>Runbooks</h1>\n<p>One for each alert of the rules that come with the exporter.</p>\n"
                + "<ul>\n\(items.joined(separator: "\n"))\n</ul>")
    }

    /// The runbook of an alert; nil if there is none of that name.
    package static func response(_ name: Substring, telemetryPath: String) -> Response? {
        guard let runbook = Runbooks.all.first(where: { $0.name == name }) else { return nil }
        return HTMLPage.response(
            title: "\(runbook.name): darktrace-exporter", root: "../", telemetryPath: telemetryPath, refreshes: false,
            main: runbook.body)
    }

    /// The names of all runbooks.
    package static var names: [String] { Runbooks.all.map(\.name) }
}
