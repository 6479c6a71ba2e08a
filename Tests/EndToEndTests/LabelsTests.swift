import Foundation
import TestSupport
import Testing

/// Configured labels, disabled appliances and addresses in the running program.
@Suite struct LabelsTests {
    private static let hostile = #""a\"b\\c\nd{},=é🦊\u202E""#

    @Test(.timeLimit(.minutes(2))) func `a reload changes labels without a lost count, a request or a restart`()
        async throws
    {
        let workspace = try TemporaryDirectory()
        let simulator = try Simulator(workspace, rate: 500)
        var configuration = TestConfiguration(simulator)
        // No second poll of its own during the test: a restarted poller would send one at once.
        configuration.global["poll_interval"] = "1h"
        configuration.global["recheck_interval"] = "1h"
        let exporter = try Exporter(workspace, configuration.text, arguments: ["--web.enable-lifecycle"])
        let before = try await exporter.awaitScrape("both up") { $0.sum("darktrace_up") == 2 }
        #expect(before.sum("darktrace_model_breaches_total") > 0)
        func reload() throws {
            _ = try workspace.write("darktrace-exporter.yml", configuration.text)
            #expect(try HTTP.request("http://\(exporter.address)/-/reload", method: "POST").status == 200)
        }
        configuration.global["labels"] = "{region: emea}"
        configuration.appliances[0].lines = ["labels: {customer: \(Self.hostile), site: london}"]
        try reload()
        let labelled = try await exporter.awaitScrape("labels") { scrape in
            !scrape.all("darktrace_up", ["customer": "a\"b\\c\nd{},=é🦊\u{202E}", "region": "emea"]).isEmpty
        }
        for sample in labelled.samples where sample.labels["appliance"] != nil {
            #expect(sample.labels["region"] == "emea", "\(sample)")
            #expect((sample.labels["site"] == "london") == (sample.labels["appliance"] == "hq"), "\(sample)")
        }
        for name in ["darktrace_model_breaches_total", "darktrace_api_requests_total", "darktrace_polls_total"] {
            #expect(labelled.sum(name) == before.sum(name), "\(name)")
        }
        for accept in ["text/plain", "application/openmetrics-text"] {
            let text = try exporter.get("/metrics", headers: ["Accept: \(accept)"]).body
            if accept == "text/plain" {
                let result = try Command.run("promtool", ["check", "metrics"], input: text)
                #expect(result.status == 0, "\(result.text) \(result.errors)")
            }
            #expect(String(decoding: text, as: UTF8.self).contains(#"site="london""#))
        }
        configuration.appliances[0].lines = ["enabled: false", "labels: {site: london}"]
        try reload()
        let disabled = try await exporter.awaitScrape("one disabled") {
            $0.value("darktrace_appliance_enabled", ["appliance": "hq", "site": "london"]) == 0
                && $0.all("darktrace_up", ["appliance": "hq"]).isEmpty
        }
        #expect(
            Set(disabled.samples.filter { $0.labels["appliance"] == "hq" }.map(\.name)) == [
                "darktrace_appliance_enabled", "darktrace_appliance_ui_info",
            ])
        configuration.appliances[0].lines = []
        try reload()
        let again = try await exporter.awaitScrape("enabled again") {
            $0.value("darktrace_up", ["appliance": "hq"]) == 1
        }
        let count = { (scrape: Scrape) in scrape.sum("darktrace_model_breaches_total", ["appliance": "hq"]) }
        #expect(count(again) >= count(before))
    }

    /// The appliance does not answer: what is exposed is what the file has.
    @Test(.timeLimit(.minutes(1))) func `a state file of the first version keeps its counts under every new key`()
        async throws
    {
        let workspace = try TemporaryDirectory()
        let fixture = Project.root.appending(path: "Tests/LedgerTests/Fixtures/version-1.sql")
        let sql =
            try String(contentsOf: fixture, encoding: .utf8) + """
                DELETE FROM "row";
                UPDATE feed SET is_complete = 1;
                INSERT INTO "row" VALUES(1,'darktrace_model_breaches_total','18:Compromise::Beacon8:critical',-1,41,41,0,4,4,1);
                INSERT INTO "row" VALUES(2,'darktrace_model_breaches_total','18:Compromise::Beacon8:critical',-1,7,7,0,4,4,1);
                """
        let made = try Command.run("sqlite3", [workspace.path("state.db")], input: Data(sql.utf8))
        #expect(made.status == 0, "\(made.errors)")
        func appliance(_ name: String, _ more: String) -> String {
            "- {name: \(name), url: 'http://127.0.0.1:1', public_token: a, private_token: b, \(more)}\n"
        }
        _ = try workspace.write("branch.yml", appliance("branch", "labels: {site: \(Self.hostile)}"))
        let keys = "labels: {customer: acme}, ui_url: 'https://hq.example', license_limits: {ip: 5}, enabled: true"
        let exporter = try Exporter(
            workspace,
            """
            global: {labels: {region: emea}, feeds: {status: {enabled: false}}}
            appliance_files: ['*.yml']
            appliances:
              \(appliance("hq", keys))
            """, arguments: ["--config.auto-reload", "--web.external-url=http://dt.example"])
        let scrape = try exporter.scrape()
        let name = "darktrace_model_breaches_total"
        #expect(scrape.value(name, ["appliance": "hq", "customer": "acme", "region": "emea"]) == 41)
        #expect(scrape.value(name, ["appliance": "branch", "region": "emea"]) == 7)
        #expect(scrape.value("darktrace_appliance_license_limit", ["appliance": "hq", "kind": "ip"]) == 5)
        #expect(scrape.value("darktrace_appliance_ui_info", ["url": "https://hq.example"]) == 1)
    }

    @Test(.timeLimit(.minutes(1))) func `pages are below the route prefix, and the health check finds them`() throws {
        let workspace = try TemporaryDirectory()
        let simulator = try Simulator(workspace, rate: 10)
        let flag = "--web.external-url=https://dt.example/a/b"
        let exporter = try Exporter(workspace, TestConfiguration(simulator).text, arguments: [flag])
        let scrape = try Scrape(exporter.get("/a/b/metrics").text)
        #expect(
            scrape.value("darktrace_exporter_web_info", ["external_url": "https://dt.example/a/b"]) == 1)
        for path in ["/", "/a/b"] {
            let response = try exporter.get(path)
            #expect(response.status == 302)
            #expect(response.first("Location") == "/a/b/")
        }
        for path in ["/metrics", "/-/healthy", "/a", "/a/bc/metrics", "/a/b/a/b/metrics"] {
            #expect(try exporter.get(path).status == 404, "\(path)")
        }
        #expect(try exporter.get("/a/b/").status == 200)
        let program = Project.programs.appending(path: "darktrace-exporter").path
        let address = "--web.listen-address=\(exporter.address)"
        #expect(try Command.run(program, ["healthcheck", address, flag]).status == 0)
        #expect(try Command.run(program, ["healthcheck", address]).status == 1)
    }
}
