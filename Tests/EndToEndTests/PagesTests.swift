import Foundation
import Testing

/// The pages of the running program.
@Suite struct PagesTests {
    @Test(.timeLimit(.minutes(1))) func `each path answers what the contract says`() async throws {
        let workspace = try Workspace()
        let simulator = try Simulator(workspace, ["--fault=branch:silent"], rate: 200)
        let exporter = try Exporter(workspace, TestConfiguration(simulator).text)
        try await exporter.awaitScrape("hq up") { $0.value("darktrace_up", ["appliance": "hq"]) == 1 }

        let unready = try exporter.get("/-/ready")
        #expect(unready.status == 503)
        #expect(unready.text.contains("branch"))
        let healthy = try exporter.get("/-/healthy")
        #expect(healthy.status == 200)
        #expect(healthy.text == "Healthy\n")
        let landing = try exporter.get("/")
        #expect(landing.text.contains("href=\"/metrics\""))
        #expect(!landing.text.contains(simulator.address), "a page shows no URL of an appliance")
        #expect(landing.first("X-Content-Type-Options") == "nosniff")
        #expect(landing.first("Content-Security-Policy") != nil)
        #expect(try exporter.get("/nothing").status == 404)
        for (method, path, allow) in [
            ("POST", "/metrics", "GET, HEAD"), ("DELETE", "/", "GET, HEAD"), ("GET", "/-/reload", "POST"),
        ] {
            let answer = try HTTP.request("http://\(exporter.address)\(path)", method: method)
            #expect(answer.status == 405, "\(method) \(path)")
            #expect(answer.first("Allow") == allow, "\(method) \(path)")
        }
        for path in ["/", "/metrics", "/-/healthy"] {
            let head = try HTTP.request("http://\(exporter.address)\(path)", method: "HEAD")
            #expect(head.status == 200)
            #expect(head.body.isEmpty)
        }

        try simulator.clear()
        try await eventually("ready", seconds: 15) { try exporter.get("/-/ready").status == 200 }
        try simulator.set("silent")
        try await exporter.awaitScrape("both down", seconds: 40) { $0.sum("darktrace_up") == 0 }
        #expect(try exporter.get("/-/ready").status == 200, "ready once is ready for good")
    }

    @Test(.timeLimit(.minutes(1))) func `it listens on every address that is named`() async throws {
        let workspace = try Workspace()
        let simulator = try Simulator(workspace, rate: 10)
        let socket = workspace.path("web.sock")
        let exporter = try Exporter(
            workspace, TestConfiguration(simulator).text,
            arguments: [
                "--web.listen-address=[::1]:0", "--web.listen-address=unix:\(socket)", "--web.telemetry-path=/m",
            ])
        let v6 = try exporter.program.awaitLog(#/msg="Listening on" address=(\[::1\]:\d+)/#).output.1
        #expect(try HTTP.get("http://\(v6)/-/healthy").status == 200)
        #expect(try HTTP.get("http://\(v6)/m").status == 200)
        #expect(try HTTP.get("http://\(v6)/metrics").status == 404)
        let local = try HTTP.request("http://localhost/-/healthy", arguments: ["--unix-socket", socket])
        #expect(local.text == "Healthy\n")
    }

    @Test(.timeLimit(.minutes(1))) func `SIGHUP takes a good configuration over and leaves a bad one alone`()
        async throws
    {
        let workspace = try Workspace()
        let simulator = try Simulator(workspace, rate: 200)
        let exporter = try Exporter(workspace, TestConfiguration(simulator, names: ["hq"]).text)
        try await exporter.awaitScrape("hq up") { $0.value("darktrace_up", ["appliance": "hq"]) == 1 }

        try workspace.write("darktrace-exporter.yml", "appliances: nonsense\n")
        kill(exporter.program.pid, SIGHUP)
        try await exporter.awaitScrape("the failed reload") {
            $0.value("darktrace_exporter_config_last_reload_successful") == 0
        }
        #expect(try exporter.scrape().value("darktrace_up", ["appliance": "hq"]) == 1)

        try workspace.write("darktrace-exporter.yml", TestConfiguration(simulator, names: ["branch"]).text)
        kill(exporter.program.pid, SIGHUP)
        let scrape = try await exporter.awaitScrape("branch up") {
            $0.value("darktrace_up", ["appliance": "branch"]) == 1
        }
        #expect(scrape.value("darktrace_exporter_config_last_reload_successful") == 1)
        #expect(scrape.all("darktrace_up", ["appliance": "hq"]).isEmpty)
        #expect(scrape.all("darktrace_model_breaches_total", ["appliance": "hq"]).isEmpty)
    }
}
