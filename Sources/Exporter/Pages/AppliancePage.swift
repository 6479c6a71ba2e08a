import Collector
package import HTTPServer
package import Metrics

/// `/appliances/NAME`: one appliance with its feeds, and what the exporter knows of it.
package enum AppliancePage {
    /// - Parameters:
    ///   - families: What is exposed of this appliance; the page shows nothing else, so it has no secret.
    ///   - skewSeconds: The appliance's clock minus that of this machine, if known.
    ///   - now: The wall clock in milliseconds since 1970.
    package static func response(
        _ state: ApplianceState, families: [MetricFamily], skewSeconds: Double?, telemetryPath: String, now: Int64
    ) -> Response {
        let values = Values(families: families)
        let advice = Advice.list(of: state, root: "../")
        return HTMLPage.response(
            title: "\(state.name), \(state.condition.word): darktrace-exporter", root: "../",
            telemetryPath: telemetryPath,
            main: """
                <h1>\(HTMLText(state.name))</h1>
                <p class="summary \(state.condition.style)">This appliance is <strong>\(state.condition.word)</strong>.\
                 Last success: \(HTMLPage.age(state.lastSuccess, now: now)).</p>
                \(advice.isEmpty ? "" : "<h2>What is wrong, and what to do</h2>\n\(advice)")
                <h2>Feeds</h2>
                <table>
                <thead><tr><th scope="col">Feed</th><th scope="col">State</th><th scope="col">Last poll</th>\
                <th scope="col">Last success</th><th scope="col">Took</th><th scope="col">Interval</th>\
                <th scope="col">Details</th></tr></thead>
                <tbody>
                \(Feeds.all.compactMap { row($0, state, values, now) }.joined(separator: "\n"))
                </tbody>
                </table>
                <h2>Counting</h2>
                \(list(counting(state, values, now)))
                <h2>Connection</h2>
                \(list(connection(values, skewSeconds: skewSeconds, now)))
                <h2>Appliance</h2>
                \(list(identity(values)))
                """)
    }

    /// The row of a feed; nil for one that is not polled.
    private static func row(_ feed: FeedKind, _ state: ApplianceState, _ values: Values, _ now: Int64) -> String? {
        guard let interval = values.number("darktrace_poll_interval_seconds", feed: feed) else { return nil }
        let every = HTMLPage.duration(seconds: interval)
        guard let poll = state.polls[feed] else {
            return """
                <tr><th scope="row">\(HTMLText(feed.name))</th><td class="state pending">not polled yet</td><td></td>\
                <td></td><td></td><td data-label="Interval">\(every)</td><td></td></tr>
                """
        }
        let report = poll.report
        let (style, word) =
            switch (report.failure, report.isUnavailable) {
            case (nil, _): ("up", "works")
            case (_, true): ("soft", "not available")
            case (_, false): ("failing", "failing")
            }
        var details: [String] = []
        if let failure = report.failure { details.append(HTMLText(failure.detail).description) }
        if report.unreadable > 0 { details.append("\(report.unreadable) records could not be read.") }
        if let retry = report.retrySeconds { details.append("Next try after \(HTMLPage.duration(seconds: retry)).") }
        return """
            <tr><th scope="row">\(HTMLText(feed.name))</th><td class="state \(style)">\(word)</td>\
            <td data-label="Last poll">\(HTMLPage.age(poll.ended, now: now))</td>\
            <td data-label="Last success">\(HTMLPage.age(poll.lastSuccess, now: now))</td>\
            <td data-label="Took">\(milliseconds(report.seconds))</td><td data-label="Interval">\(every)</td>\
            <td>\(details.joined(separator: " "))</td></tr>
            """
    }

    private static func milliseconds(_ seconds: Double) -> String {
        seconds < 10 ? "\(Int64((seconds * 1_000).rounded())) ms" : HTMLPage.duration(seconds: seconds)
    }

    private static func counting(_ state: ApplianceState, _ values: Values, _ now: Int64) -> [(String, String)] {
        let breaches = values.sum("darktrace_model_breaches_by_category_total")
        return [
            ("Counted until", values.age("darktrace_poll_cursor_timestamp_seconds", now, none: "not yet")),
            ("Counted since", values.age("darktrace_ledger_start_timestamp_seconds", now, none: "not yet")),
            ("Model breaches", breaches.map { String(Int64($0)) } ?? "not yet counted"),
            ("Newest breach", values.age("darktrace_model_breach_last_creation_timestamp_seconds", now, none: "none")),
        ]
    }

    private static func connection(_ values: Values, skewSeconds: Double?, _ now: Int64) -> [(String, String)] {
        let expiry = values.number("darktrace_api_certificate_expiry_timestamp_seconds")
        let certificate = expiry.map { expiry -> String in
            let left = expiry - Double(now) / 1_000
            return left < 0
                ? "<strong class=\"failing\">expired</strong>" : "expires in \(HTMLPage.duration(seconds: left))"
        }
        let skew = skewSeconds.map { seconds -> String in
            abs(seconds) < 1
                ? "the same as here" : "\(HTMLPage.duration(seconds: abs(seconds))) \(seconds > 0 ? "ahead" : "behind")"
        }
        let limit = values.number("darktrace_api_requests_per_minute_limit").map { String(Int64($0)) }
        return [
            ("Certificate", certificate ?? "not known"), ("Clock", skew ?? "not known"),
            ("Requests per minute", limit.map { "at most \($0)" } ?? "not known"),
        ]
    }

    /// What `/status` says about versions, by the names of the labels.
    private static func identity(_ values: Values) -> [(String, String)] {
        let labels = values.labels("darktrace_appliance_info").filter { $0.name != "appliance" && !$0.value.isEmpty }
        guard !labels.isEmpty else { return [("Version", "not known: no response to /status")] }
        return labels.map { label in
            let name = label.name.split(separator: "_").joined(separator: " ")
            return (
                HTMLText(name.prefix(1).uppercased() + name.dropFirst()).description, HTMLText(label.value).description
            )
        }
    }

    private static func list(_ facts: [(String, String)]) -> String {
        "<dl>\n\(facts.map { "<dt>\($0.0)</dt><dd>\($0.1)</dd>" }.joined(separator: "\n"))\n</dl>"
    }
}

/// Looks up values of exposed families, all of one appliance.
private struct Values {
    private let families: [String: MetricFamily]

    init(families: [MetricFamily]) {
        self.families = Dictionary(families.map { ($0.descriptor.name, $0) }) { one, _ in one }
    }

    /// The value of the only series, or of that of a feed.
    func number(_ name: String, feed: FeedKind? = nil) -> Double? {
        let series = families[name]?.tables.joined().first { series in
            feed == nil || series.labels.pairs.contains { $0.name == "feed" && $0.value == feed?.name }
        }
        guard case .number(let value, _)? = series?.value, value.isFinite else { return nil }
        return value
    }

    /// The sum of all series; nil without any.
    func sum(_ name: String) -> Double? {
        let numbers = families[name]?.tables.joined().compactMap { series -> Double? in
            guard case .number(let value, _) = series.value else { return nil }
            return value
        }
        guard let numbers, !numbers.isEmpty else { return nil }
        return numbers.reduce(0, +)
    }

    /// The labels of the only series.
    func labels(_ name: String) -> [(name: String, value: String)] {
        families[name]?.tables.first?.first?.labels.pairs ?? []
    }

    /// How long ago the time stamp of the only series was.
    func age(_ name: String, _ now: Int64, none: String) -> String {
        HTMLPage.age(number(name).map { Int64($0 * 1_000) }, now: now, none: none)
    }
}
