import Foundation
import TestSupport
import Testing

/// The pages of the running program.
@Suite struct PagesTests {
    @Test(.timeLimit(.minutes(1))) func `each path answers what the contract says`() async throws {
        let workspace = try TemporaryDirectory()
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
        #expect(landing.text.contains("href=\"metrics\""))
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
        #expect(try exporter.get("/-/ready").status == 200, "ready once is ready permanently")
    }

    @Test(.timeLimit(.minutes(1))) func `it listens on every address that is named`() async throws {
        let workspace = try TemporaryDirectory()
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
        let workspace = try TemporaryDirectory()
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

    /// With so long an interval nothing else makes a new snapshot.
    @Test(.timeLimit(.minutes(1))) func `a reload shows soon, by signal or by request, however seldom polls come`()
        async throws
    {
        func text(_ names: String...) -> String {
            "global: {poll_interval: 1d}\nappliances:\n"
                + names.map { "  - {name: \($0), url: 'http://127.0.0.1:1', public_token: a, private_token: b}\n" }
                .joined()
        }
        let worked = "darktrace_exporter_config_last_reload_successful"
        let time = "darktrace_exporter_config_last_reload_success_timestamp_seconds"
        let workspace = try TemporaryDirectory()
        let exporter = try Exporter(workspace, text("hq", "gone"), arguments: ["--web.enable-lifecycle"])
        try await exporter.awaitScrape("the first polls") { $0.sum("darktrace_polls_total") == 2 }
        let reloads: [() throws -> Void] = [
            { kill(exporter.program.pid, SIGHUP) },
            { _ = try HTTP.request("http://\(exporter.address)/-/reload", method: "POST") },
        ]
        for reload in reloads {
            try workspace.write("darktrace-exporter.yml", "appliances: nonsense\n")
            try reload()
            try await exporter.awaitScrape("the bad reload") { $0.value(worked) == 0 }
            try workspace.write("darktrace-exporter.yml", text("hq", "gone"))
            let before = try #require(try exporter.scrape().value(time))
            try reload()
            let after = try await exporter.awaitScrape("the good reload") { $0.value(worked) == 1 }
            #expect(try #require(after.value(time)) > before)
        }
        try workspace.write("darktrace-exporter.yml", text("hq"))
        kill(exporter.program.pid, SIGHUP)
        try await exporter.awaitScrape("one appliance less") { $0.all("darktrace_up", ["appliance": "gone"]).isEmpty }
    }

    /// A reload of so many appliances takes some milliseconds, so that a queue of thousands would take minutes.
    @Test(.timeLimit(.minutes(1))) func `a storm of SIGHUPs does not hold up the stop`() async throws {
        let workspace = try TemporaryDirectory()
        let appliances = (0..<300).map {
            "  - {name: a\($0), url: 'http://127.0.0.1:1', public_token: a, private_token: b}\n"
        }
        let exporter = try Exporter(workspace, "appliances:\n\(appliances.joined())")
        let end = ContinuousClock.now + .seconds(1)
        while ContinuousClock.now < end { kill(exporter.program.pid, SIGHUP) }
        #expect(try exporter.get("/-/healthy").status == 200)
        try exporter.program.stop(seconds: 20)
        #expect(try exporter.program.exitStatus() == 0)
    }

    @Test(.timeLimit(.minutes(1))) func `every counter and histogram says when it began, if that is asked for`()
        async throws
    {
        let workspace = try TemporaryDirectory()
        let simulator = try Simulator(workspace, rate: 200)
        try simulator.call("/-/pause")
        let configuration = TestConfiguration(simulator).text
        func openMetrics(_ arguments: String...) async throws -> String {
            let exporter = try Exporter(workspace, configuration, arguments: arguments)
            try await exporter.awaitScrape("both up") { $0.sum("darktrace_up") == 2 }
            defer { _ = try? exporter.program.stop() }
            #expect(try !exporter.get("/metrics").text.contains("_created"), "the text format has no such lines")
            return try exporter.get("/metrics", headers: ["Accept: application/openmetrics-text"]).text
        }
        func created(_ text: String) -> [Substring] {
            text.split(separator: "\n").filter { $0.contains("_created{") || $0.contains("_created ") }
        }
        #expect(try await created(openMetrics()).isEmpty)
        let text = try await openMetrics("--web.openmetrics-created")
        let families = text.matches(of: #/# TYPE (\S+) (?:counter|histogram)\n/#).map { String($0.1) }
        #expect(families.count > 10)
        for family in families {
            #expect(created(text).contains { $0.hasPrefix("\(family)_created") }, "\(family)")
        }
        let ledger = created(text).filter { $0.hasPrefix("darktrace_model_breach") }
        let start = try #require(
            text.firstMatch(of: #/darktrace_ledger_start_timestamp_seconds{appliance="hq"} (\S+)/#))
        #expect(ledger.contains { $0.hasPrefix("darktrace_model_breaches_created{appliance=\"hq\"") })
        for line in ledger where line.contains("appliance=\"hq\"") { #expect(line.hasSuffix(" \(start.output.1)")) }
        let again = try await created(openMetrics("--web.openmetrics-created"))
        #expect(again.filter { $0.hasPrefix("darktrace_model_breach") } == ledger, "unchanged by a restart")
    }
}
