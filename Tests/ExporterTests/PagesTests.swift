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
}
