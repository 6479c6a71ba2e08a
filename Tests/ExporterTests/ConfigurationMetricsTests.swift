import Collector
import Configuration
import Exporter
import Metrics
import ScrapeEndpoint
import Testing

/// The families that show the configuration, and the configured labels.
@Suite struct ConfigurationMetricsTests {
    private let registry = MetricsRegistry(clocks: .system, droppedLogLines: { 0 })

    private func appliance(_ name: String, _ labels: [String: String] = [:]) -> Settings.Appliance {
        var appliance = Settings.Appliance(
            name: name, url: BaseURL(isSecure: true, host: "2001:db8::1", port: 8_443),
            publicToken: .inline(Secret("a")), privateToken: .inline(Secret("b")))
        appliance.presentation.labels = labels
        return appliance
    }

    private var lines: [String] {
        let families = registry.groups().filter { !$0.name.isEmpty }.flatMap { $0.families() }
        return String(decoding: Exposition(families).body(as: .text), as: UTF8.self).split(separator: "\n")
            .filter { !$0.hasPrefix("#") }.map(String.init)
    }

    @Test func `every series of an appliance has its labels, whichever part counts it`() {
        registry.configuration.update([appliance("hq", ["site": "\"x\"", "customer": "acme"]), appliance("branch")])
        for name in ["hq", "branch"] {
            registry.states.add(name)
            registry.api.declare(name, paths: ["/status"], requestsPerMinute: 10)
            registry.polls.declare(name, feeds: [(.status, 60)])
            registry.states.setClockSkew(name, seconds: 1)
        }
        let hq = lines.filter { $0.contains(#"appliance="hq""#) }
        #expect(hq.count > 20)
        #expect(hq.allSatisfy { $0.contains(#"customer="acme",site="\"x\"""#) })
        #expect(!lines.contains { $0.contains(#"appliance="branch""#) && $0.contains("customer") })
        let skew = registry.live(.everything).first { $0.descriptor.name == "darktrace_api_clock_skew_seconds" }
        let text = String(decoding: Exposition([skew].compactMap { $0 }).body(as: .text), as: UTF8.self)
        #expect(text.contains(#"{appliance="hq",customer="acme",site="\"x\""} 1"#))
    }

    @Test func `enabled, link and licence limits are exposed, also of a disabled appliance`() throws {
        var hq = appliance("hq", ["site": "x"])
        hq.isEnabled = false
        hq.presentation.uiURL = try WebURL(parsing: "https://hq.example/ui")
        hq.presentation.licenseLimits = [.saas: 5, .cloudIP: 7]
        registry.configuration.update([hq, appliance("branch")])
        #expect(
            lines == [
                #"darktrace_appliance_enabled{appliance="branch"} 1"#,
                #"darktrace_appliance_enabled{appliance="hq",site="x"} 0"#,
                #"darktrace_appliance_license_limit{appliance="hq",kind="cloud_ip",site="x"} 7"#,
                #"darktrace_appliance_license_limit{appliance="hq",kind="saas",site="x"} 5"#,
                #"darktrace_appliance_ui_info{appliance="branch",url="https://[2001:db8::1]:8443"} 1"#,
                #"darktrace_appliance_ui_info{appliance="hq",url="https://hq.example/ui",site="x"} 1"#,
            ])
    }

    @Test func `a changed label changes the revision of its appliance alone`() {
        registry.configuration.update([appliance("hq"), appliance("branch")])
        func revisions() -> [String: [UInt64]?] {
            Dictionary(registry.groups().map { ($0.name, $0.revision) }) { first, _ in first }
        }
        let before = revisions()
        registry.configuration.update([appliance("hq", ["site": "x"]), appliance("branch")])
        #expect(revisions()["hq"] != before["hq"])
        #expect(revisions()["branch"] == before["branch"])
    }

    @Test(arguments: 1...60)
    func `an appliance that is disabled has another revision, however much it published`(publications: Int) {
        registry.configuration.update([appliance("hq")])
        registry.states.add("hq")
        registry.api.declare("hq", paths: ["/status"], requestsPerMinute: 10)
        for _ in 0..<publications { registry.states.publish("hq", .status, []) }
        let before = registry.groups().map(\.revision)
        var disabled = appliance("hq")
        disabled.isEnabled = false
        registry.configuration.update([disabled])
        registry.remove("hq")
        #expect(registry.groups().map(\.revision) != before)
    }

    @Test func `the labels of a removed appliance stay until its series are gone`() {
        registry.configuration.update([appliance("hq", ["site": "x"])])
        registry.states.add("hq")
        registry.api.declare("hq", paths: ["/status"], requestsPerMinute: 10)
        registry.configuration.update([])
        #expect(!lines.isEmpty)
        #expect(lines.allSatisfy { $0.contains("site=\"x\"") && !$0.hasPrefix("darktrace_appliance_") })
        registry.remove("hq")
        #expect(lines.isEmpty)
        registry.configuration.update([appliance("hq", ["site": "y"])])
        registry.remove("hq")
        #expect(lines.first == #"darktrace_appliance_enabled{appliance="hq",site="y"} 1"#)
    }
}
