import HTTPServer
import Logging

/// A page for people: works on a phone, in dark mode and without scripts.
enum HTMLPage {
    /// How often an open page asks again, in seconds.
    static let refreshSeconds = 60

    /// A page with a heading and the links of every page.
    ///
    /// - Parameters:
    ///   - root: The way from this page to `/`, so that links work below any prefix: empty or `../`.
    ///   - refreshes: Whether the browser loads it again once a minute, without a script.
    static func response(
        title: String, root: String, telemetryPath: String, refreshes: Bool = true, status: Int = 200, main: String
    ) -> Response {
        let metrics = HTMLText(root + String(telemetryPath.drop { $0 == "/" }))
        let footer = refreshes ? "This page loads again every minute. " : ""
        return Page.response(
            """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <title>\(HTMLText(title))</title>
            <style>\(style)</style>
            </head>
            <body>
            <header>
            <a class="home" href="\(root.isEmpty ? "./" : root)">darktrace-exporter</a>
            <nav aria-label="Pages">
            <a href="\(metrics)">Metrics</a>
            <a href="\(root)-/healthy">Health</a>
            <a href="\(root)-/ready">Readiness</a>
            <a href="\(root)runbooks/">Runbooks</a>
            </nav>
            </header>
            <main>
            \(main)
            </main>
            <footer><p>\(footer)Times are UTC. Version \(HTMLText(Build.version)), \
            revision \(HTMLText(Build.revision)).</p></footer>
            </body>
            </html>

            """, status: status, type: "text/html; charset=utf-8",
            headers: refreshes ? [("Refresh", String(refreshSeconds))] : [])
    }

    /// Colours have a contrast of at least 4.5 in both schemes. A table becomes a list of cards on a narrow screen.
    private static let style = """
        :root { color-scheme: light dark; --back: #fff; --text: #1c1f23; --soft: #555c66; --line: #d5d9de; \
        --panel: #f4f6f8; --link: #0b57b7; --good: #146c2e; --warn: #7a4b00; --bad: #b3261e }
        @media (prefers-color-scheme: dark) { :root { --back: #14171a; --text: #e6e8eb; --soft: #a3abb5; \
        --line: #343a41; --panel: #1e2328; --link: #8ab4f8; --good: #7bd88f; --warn: #f2c879; --bad: #ff9b94 } }
        * { box-sizing: border-box } body { background: var(--back); color: var(--text); \
        font: 1rem/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 72rem; padding: 0 1rem; \
        overflow-wrap: anywhere } a { color: var(--link) } h1 { font-size: 1.6rem; margin: 1rem 0 .5rem } \
        h2 { font-size: 1.15rem; margin: 1.5rem 0 .5rem } header { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; \
        align-items: baseline; padding: .75rem 0; border-bottom: 1px solid var(--line) } .home { font-weight: 600 } \
        nav { display: flex; flex-wrap: wrap; gap: .25rem 1rem } footer { color: var(--soft); font-size: .875rem; \
        border-top: 1px solid var(--line); margin-top: 2rem }
        .summary { background: var(--panel); border-left: .4rem solid var(--soft); padding: .75rem 1rem; \
        font-size: 1.15rem } .summary.failing { border-color: var(--bad) } .summary.limited, .summary.pending \
        { border-color: var(--warn) } .summary.up { border-color: var(--good) }
        table { border-collapse: collapse; width: 100% } th, td { text-align: left; padding: .5rem .75rem .5rem 0; \
        border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: break-word } \
        td:last-child { overflow-wrap: anywhere } thead th { color: var(--soft); font-weight: 500 } \
        tbody th { font-weight: 600 } .state { font-weight: 600; white-space: nowrap } .failing { color: var(--bad) } \
        .limited, .pending { color: var(--warn) } .up { color: var(--good) } .soft { color: var(--soft) } \
        .summary { color: var(--text) } td p, td ul { margin: 0 } td ul { padding-left: 1.1rem } \
        dl { display: grid; grid-template-columns: minmax(9rem, max-content) 1fr; gap: .25rem 1.5rem } \
        dt { color: var(--soft) } dd { margin: 0 } pre { background: var(--panel); padding: .75rem; overflow-x: auto } \
        code { font-size: .9em } li { margin: .25rem 0 }
        @media (max-width: 44rem) { thead { position: absolute; width: 1px; height: 1px; overflow: hidden; \
        clip-path: inset(50%) } tbody, tr, tbody th, td { display: block; width: 100% } tr { padding: .5rem 0; \
        border-bottom: 1px solid var(--line) } tbody th, td { border: 0; padding: .1rem 0; \
        overflow-wrap: anywhere } \
        td[data-label]::before { content: attr(data-label) ": "; color: var(--soft) } td:empty { display: none } \
        dl { grid-template-columns: 1fr } dd { margin-bottom: .5rem } }
        """
}

extension HTMLPage {
    /// How long ago a time was, in words, with the time itself for machines; `now` is the wall clock in milliseconds.
    static func age(_ milliseconds: Int64?, now: Int64, none: String = "never") -> String {
        guard let milliseconds else { return none }
        let time = HTMLText(UTC.shortText(milliseconds))
        return "<time datetime=\"\(HTMLText(UTC.text(milliseconds)))\" title=\"\(time)\">"
            + "\(duration(seconds: Double(now - milliseconds) / 1_000)) ago</time>"
    }

    /// A duration in its largest unit; anything below a second, or negative by a clock step, is 0.
    static func duration(seconds: Double) -> String {
        let whole = Int64(max(0, min(seconds, 1e12)))
        let units: [(Int64, String)] = [(86_400, "day"), (3_600, "hour"), (60, "minute")]
        guard let (length, name) = units.first(where: { whole >= 2 * $0.0 }) ?? nil else {
            return whole == 1 ? "1 second" : "\(whole) seconds"
        }
        return "\(whole / length) \(name)s"
    }

    /// The path of an appliance's page below `/`, as its links write it.
    static func path(ofAppliance name: String) -> String { "appliances/\(percentEncoded(name))" }

    /// Every byte that is not unreserved in RFC 3986 as `%XX`.
    static func percentEncoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF")
        return text.utf8.reduce(into: "") { path, byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                path.unicodeScalars.append(Unicode.Scalar(byte))
            default: path += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
            }
        }
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
