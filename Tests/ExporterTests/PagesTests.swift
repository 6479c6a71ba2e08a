import Collector
import Exporter
import HTTPServer
import Testing

@Suite struct PagesTests {
    private func text(_ response: Response) -> String {
        guard case .buffers(let pieces) = response.body else { return "" }
        return pieces.map { String(decoding: $0.bytes, as: UTF8.self) }.joined()
    }

    @Test func `the landing page escapes the text of an appliance`() {
        var state = ApplianceState(name: "<b>hq</b>")
        state.hasPolled = true
        state.problem = PollReport.Failure(.request, #"<script>alert("x")</script> & more \#u{1B}[31m"#)
        let page = text(LandingPage.response(appliances: [state], telemetryPath: "/metrics"))
        #expect(!page.contains("<script"))
        #expect(!page.contains("\u{1B}"))
        #expect(page.contains("&lt;b&gt;hq&lt;/b&gt;"))
        state.warnings[.status] = PollReport.Failure(.request, "permission: <i>no</i>")
        let second = text(LandingPage.response(appliances: [state], telemetryPath: "/metrics"))
        #expect(second.contains("more \u{FFFD}[31m<br>status: permission: &lt;i&gt;no&lt;/i&gt;</td>"))
        #expect(page.contains("&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; more"))
    }

    @Test(arguments: ["/metrics", "/probe/metrics"]) func `links are relative, for a proxy that adds a prefix`(
        telemetryPath: String
    ) {
        let page = text(LandingPage.response(appliances: [], telemetryPath: telemetryPath))
        let links = page.matches(of: #/href="([^"]*)"/#).map { String($0.1) }
        #expect(links == [String(telemetryPath.dropFirst()), "-/healthy", "-/ready"])
    }

    @Test func `a page cannot be sniffed, framed or made to run anything`() {
        let headers = LandingPage.response(appliances: [], telemetryPath: "/metrics").headers
        #expect(headers.contains { $0.name == "X-Content-Type-Options" && $0.value == "nosniff" })
        #expect(headers.contains { $0.name == "Content-Security-Policy" && $0.value.contains("default-src 'none'") })
    }

    @Test(arguments: [
        (false, false, "first poll in progress"), (true, true, ">up<"), (true, false, ">down<"),
    ]) func `the page shows the state of an appliance in a word`(hasPolled: Bool, isUp: Bool, word: String) {
        var state = ApplianceState(name: "hq")
        state.hasPolled = hasPolled
        state.isUp = isUp
        #expect(text(LandingPage.response(appliances: [state], telemetryPath: "/metrics")).contains(word))
    }

    private func router() -> Router {
        Router(
            telemetryPath: "/metrics", metrics: { _ in .text(200, "metrics") },
            states: ApplianceStateStore(monotonicNanoseconds: { 0 }), reload: .enabled { nil })
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
    func `a page of another site cannot reload the configuration`(fields: [(String, String)], status: Int) {
        let request = Request(
            method: "POST", target: "/-/reload", fields: fields.map { (name: $0.0, value: $0.1) })
        #expect(router().respond(to: request).status == status)
    }
}
