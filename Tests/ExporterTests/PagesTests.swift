import Collector
import Configuration
import Darktrace
import Exporter
import HTTPServer
import Metrics
import Testing

@Suite struct PagesTests {
    private func text(_ response: Response) -> String {
        guard case .buffers(let pieces) = response.body else { return "" }
        return pieces.map { String(decoding: $0.bytes, as: UTF8.self) }.joined()
    }

    private let failure = PollReport.Failure(
        .request, "/modelbreaches: no answer; check the network", apiReason: .timeout)

    private func state(_ name: String, isUp: Bool = true) -> ApplianceState {
        var state = ApplianceState(name: name)
        state.hasPolled = true
        state.isUp = isUp
        state.problem = isUp ? nil : failure
        state.lastSuccess = isUp ? 9_000 : nil
        return state
    }

    private func landing(_ states: ApplianceState..., telemetryPath: String = "/metrics") -> Response {
        LandingPage.response(appliances: states, telemetryPath: telemetryPath, now: 99_000)
    }

    @Test func `the landing page escapes the text of an appliance`() {
        var state = ApplianceState(name: "<b>hq</b>")
        state.hasPolled = true
        state.problem = PollReport.Failure(.request, #"<script>alert("x")</script> & more \#u{1B}[31m"#)
        let page = text(landing(state))
        #expect(!page.contains("<script"))
        #expect(!page.contains("\u{1B}"))
        #expect(page.contains("&lt;b&gt;hq&lt;/b&gt;"))
        #expect(page.contains("&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; more \u{FFFD}[31m"))
        state.warnings[.status] = PollReport.Failure(.request, "permission: <i>no</i>")
        #expect(text(landing(state)).contains("<li>status: permission: &lt;i&gt;no&lt;/i&gt;"))
    }

    @Test(arguments: ["/metrics", "/probe/metrics"]) func `links are relative, for a proxy that adds a prefix`(
        telemetryPath: String
    ) {
        let page = text(landing(state("a b"), telemetryPath: telemetryPath))
        let links = page.matches(of: #/href="([^"]*)"/#).map { String($0.1) }
        let expected = [
            "./", String(telemetryPath.dropFirst()), "-/healthy", "-/ready", "runbooks/", "appliances/a%20b",
        ]
        #expect(links == expected)
    }

    @Test func `a page cannot be sniffed, framed or made to run anything, and loads again without a script`() {
        let headers = landing().headers
        #expect(headers.contains { $0.name == "X-Content-Type-Options" && $0.value == "nosniff" })
        #expect(headers.contains { $0.name == "Content-Security-Policy" && $0.value.contains("default-src 'none'") })
        #expect(headers.contains { $0.name == "Refresh" && $0.value == "60" })
    }

    @Test(arguments: [(false, false, "not polled yet"), (true, true, ">up<"), (true, false, ">failing<")])
    func `the page shows the state of an appliance in words`(hasPolled: Bool, isUp: Bool, word: String) {
        var state = ApplianceState(name: "hq")
        state.hasPolled = hasPolled
        state.isUp = isUp
        #expect(text(landing(state)).contains(word))
    }

    @Test func `what needs attention comes first, with its age and what to do`() throws {
        var limited = state("limited")
        limited.warnings[.antigena] = failure
        limited.end(PollReport(feed: .antigena, seconds: 1, failure: failure), at: 1)
        let page = text(landing(state("a"), ApplianceState(name: "new"), limited, state("z", isUp: false)))
        let order = page.matches(of: #/<th scope="row"><a href="appliances/([a-z]+)"/#).map { String($0.1) }
        #expect(order == ["z", "new", "limited", "a"])
        #expect(page.contains("4 appliances: <strong>1</strong> failing, <strong>1</strong> not polled yet"))
        #expect(page.contains("<title>1 failing: darktrace-exporter</title>"))
        #expect(page.contains(#"title="1970-01-01 00:00:09 UTC">90 seconds ago</time>"#))
        #expect(page.contains(#"check the network <a href="runbooks/DarktraceApplianceDown">"#))
    }

    @Test func `a feed that the appliance does not have is no failure`() {
        var state = state("hq")
        state.warnings[.antigena] = failure
        state.end(PollReport(feed: .antigena, seconds: 1, failure: failure, isUnavailable: true), at: 1)
        #expect(state.condition == .up)
    }

    @Test(arguments: [
        (0.4, "0 seconds"), (1, "1 second"), (119, "119 seconds"), (120, "2 minutes"), (7_200, "2 hours"),
        (172_800, "2 days"), (-5, "0 seconds"), (.infinity, "11574074 days"),
    ])
    func `durations are in their largest unit`(seconds: Double, text: String) {
        var state = ApplianceState(name: "hq")
        state.hasPolled = true
        state.end(PollReport(feed: .modelBreaches, seconds: 0, retrySeconds: seconds), at: 0)
        let page = self.text(appliancePage(state))
        #expect(page.contains("Next try after \(text)."))
    }

    private func appliancePage(_ state: ApplianceState, _ families: [MetricFamily] = []) -> Response {
        let interval = MetricVec(PollMetrics.interval)
        interval.set(60, state.name, "modelbreaches")
        interval.set(300, state.name, "status")
        return AppliancePage.response(
            state, families: families + [interval.collect()], skewSeconds: -90, telemetryPath: "/metrics", now: 99_000)
    }

    @Test func `the page of an appliance shows its feeds, cursor, certificate, clock and versions`() {
        var state = state("hq", isUp: false)
        state.end(PollReport(feed: .modelBreaches, seconds: 0.25), at: 9_000)
        state.end(
            PollReport(feed: .modelBreaches, seconds: 1.5, failure: failure, unreadable: 2, retrySeconds: 300),
            at: 89_000)
        let expiry = MetricVec(APIMetrics.certificateExpiry)
        expiry.set(99 + 10 * 86_400, "hq")
        let info = MetricVec(
            Descriptor("darktrace_appliance_info", .info, labels: ["appliance", "version"], help: "x"))
        info.set(1, "hq", "6.3.18 <x>")
        let page = text(appliancePage(state, [expiry.collect(), info.collect()]))
        #expect(page.contains(#"<td class="state failing">failing</td>"#))
        #expect(page.contains("10 seconds ago</time>"))
        #expect(page.contains(#"data-label="Last success"><time datetime="1970-01-01T00:00:09.000Z""#))
        #expect(page.contains(#"data-label="Took">1500 ms"#))
        #expect(page.contains("2 records could not be read. Next try after 5 minutes."))
        #expect(page.contains("<dt>Certificate</dt><dd>expires in 10 days</dd>"))
        #expect(page.contains("<dt>Clock</dt><dd>90 seconds behind</dd>"))
        #expect(page.contains("<dt>Version</dt><dd>6.3.18 &lt;x&gt;</dd>"))
        #expect(page.contains(#"<th scope="row">status</th><td class="state pending">not polled yet</td>"#))
        #expect(!page.contains(#"<th scope="row">antigena</th>"#), "a feed that is disabled")
        #expect(page.contains(#"href="../runbooks/DarktraceApplianceDown""#))
    }

    @Test(arguments: ["/appliances/hq", "/appliances/a%20b", "/appliances/a b", "/runbooks/", "/"])
    func `pages are found by their paths`(path: String) {
        let response = router().respond(to: Request(target: path))
        #expect(response.status == 200)
        #expect(response.headers.contains { $0.name == "Content-Type" && $0.value.hasPrefix("text/html") })
        #expect(router().respond(to: Request(method: "POST", target: path)).status == 405)
    }

    @Test(arguments: [
        "/appliances", "/appliances/", "/appliances/other", "/appliances/hq/", "/runbooks", "/runbooks/No",
        "/runbooks/..",
        "//", "/a",
    ]) func `other paths have no page`(path: String) {
        #expect(router().respond(to: Request(target: path)).status == 404)
        #expect(router().respond(to: Request(method: "POST", target: path)).status == 404)
    }

    @Test func `every runbook has a page with its headings, and its list links to it`() {
        #expect(RunbookPage.names.count > 20)
        let list = text(RunbookPage.list(telemetryPath: "/metrics"))
        for name in RunbookPage.names {
            let response = router().respond(to: Request(target: "/runbooks/\(name)"))
            #expect(response.status == 200)
            #expect(text(response).contains("<h1>\(name)</h1>"))
            #expect(text(response).contains("<h2>What to do</h2>"), "\(name)")
            #expect(list.contains("<a href=\"\(name)\">"))
        }
    }

    private func router() -> Router {
        let observations = MetricsRegistry(clocks: .system, droppedLogLines: { 0 })
        for name in ["hq", "a b"] { observations.states.add(name) }
        return Router(
            telemetryPath: "/metrics", metrics: { _ in .text(200, "metrics") },
            pages: StatusPages(observations, telemetryPath: "/metrics", wallMilliseconds: { 99_000 }),
            states: observations.states,
            discovery: ServiceDiscovery(Settings.Web(), usesTLS: false) { [] }, reload: .enabled { nil })
    }

    @Test(arguments: [("/", "GET, HEAD, OPTIONS"), ("/metrics", "GET, HEAD, OPTIONS"), ("/-/reload", "POST, OPTIONS")])
    func `OPTIONS is answered with the allowed methods`(path: String, allowed: String) {
        let response = router().respond(to: Request(method: "OPTIONS", target: path))
        #expect(response.status == 204)
        #expect(response.headers.first { $0.name == "Allow" }?.value == allowed)
    }

    @Test(
        arguments: [
            ([], 200), ([("Origin", "http://other.example")], 403), ([("Origin", "null")], 403),
            ([("Host", "me:1"), ("Origin", "http://me:1")], 200),
            ([("Host", "me:1"), ("Origin", "https://ME:1")], 200),
            ([("Host", "me:1"), ("Origin", "http://me:2")], 403), ([("Sec-Fetch-Site", "cross-site")], 403),
            ([("Sec-Fetch-Site", "same-site")], 403), ([("Sec-Fetch-Site", "same-origin")], 200),
            ([("Sec-Fetch-Site", "none")], 200),
        ] as [([(String, String)], Int)])
    func `a page of another site cannot reload the configuration`(fields: [(String, String)], status: Int) async {
        let request = Request(
            method: "POST", target: "/-/reload", fields: fields.map { (name: $0.0, value: $0.1) })
        let response = router().respond(to: request)
        // A reload is answered when it has ended.
        guard case .deferred(let wakeup, let answer) = response.body else {
            #expect(response.status == status)
            return
        }
        await withCheckedContinuation { continuation in wakeup.onFire { continuation.resume() } }
        #expect(answer(request).status == status)
    }
}
