import Foundation
import TestSupport
import Testing

/// `check` with the real program against real TLS: what an operator reads.
@Suite struct CheckTests {
    @Test(.timeLimit(.minutes(1))) func `healthy appliances are reported fact by fact, while an exporter runs`()
        async throws
    {
        let workspace = try TemporaryDirectory()
        let simulator = try Simulator(workspace, rate: 2_000)
        try simulator.call("/-/burst?appliance=hq&model=Compromise::Watched%20Domain&count=8")
        let configuration = TestConfiguration(simulator).text
        let exporter = try Exporter(workspace, configuration)
        try await exporter.awaitScrape("both up") { $0.sum("darktrace_up") == 2 }
        let check = try ProcessResult.run("check", in: workspace, configuration)
        #expect(check.status == 0, "\(check.output)\(check.log)")
        for name in ["hq", "branch"] {
            let facts = check.lines("\(name): ").compactMap { $0.firstMatch(of: #/^\w+: ok: (\w+): /#)?.1 }
            #expect(facts.starts(with: ["reach", "certificate", "clock", "signature", "permission", "breaches"]))
        }
        let reached = try Regex("hq: ok: reach: \(simulator.address) reachable in [0-9.]+ s \\(")
        #expect(check.output.contains(reached))
        #expect(check.lines("hq: ok: breaches: ").first?.contains(" created in the last 5 min") == true)
        #expect(check.lines("hq: ok: records: all readable").count == 1)
        #expect(check.lines("darktrace-exporter: ") == ["darktrace-exporter: appliances: 2, failed: 0, warnings: 0"])
        #expect(check.output.split(separator: "\n").first?.hasPrefix("hq: ") == true, "in the order of the file")
        #expect(
            check.log.split(separator: "\n").allSatisfy { line in
                line.contains("warning: ")
                    && (line.contains("poll_timeout") || line.contains(Simulator.sharedURLWarning))
            }, "the configuration of the test causes these two warnings, and no other: \(check.log)")
        try await expectUndisturbed(exporter)
        try expectNoSecret(check)
    }

    /// What is wrong: the private token, or that the CA is not trusted.
    @Test(.timeLimit(.minutes(1)), arguments: [true, false])
    func `advice names environment variables where they describe the appliance`(isTokenWrong: Bool) throws {
        let workspace = try TemporaryDirectory()
        let simulator = try Simulator(workspace)
        let (publicToken, privateToken) = try #require(Simulator.tokens["hq"])
        var environment = [
            "DARKTRACE_URL": "https://\(simulator.address)", "DARKTRACE_PUBLIC_TOKEN": publicToken,
            "DARKTRACE_PRIVATE_TOKEN": isTokenWrong ? String(repeating: "9", count: 40) : privateToken,
        ]
        if isTokenWrong { environment["DARKTRACE_CA_FILE"] = simulator.caFile }
        let program = try RunningProgram("darktrace-exporter", ["check"], environment: environment)
        #expect(try program.exitStatus() == 1)
        let (named, key) =
            isTokenWrong
            ? ("that DARKTRACE_PUBLIC_TOKEN and DARKTRACE_PRIVATE_TOKEN are", "public_token")
            : ("into DARKTRACE_CA_FILE", "ca_file")
        #expect(program.text.contains(named) && !program.text.contains(key), "\(program.text)")
    }

    /// One request each, while the exporter goes on as before.
    private func expectUndisturbed(_ exporter: Exporter) async throws {
        let before = try exporter.scrape().sum("darktrace_polls_total")
        let after = try await exporter.awaitScrape("further polls") { $0.sum("darktrace_polls_total") > before + 2 }
        #expect(after.sum("darktrace_poll_failures_total") == 0)
    }

    /// What is wrong, the fault or the lines of the configuration that make it so, and what must be said.
    struct CheckCase: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var fault: String?
        var change: @Sendable (inout TestConfiguration) -> Void = { _ in }
        /// Of the lines that say so.
        let said: [String]
        var warned: [String] = []
    }

    static let wrongs = [
        CheckCase(
            testDescription: "a wrong private token",
            change: { $0.appliances[0].privateToken = String(repeating: "9", count: 40) },
            said: ["hq: FAILED: signature: /modelbreaches: signature: ", "one pair, and of this appliance"]),
        CheckCase(
            testDescription: "another authority", change: { $0.caFile = nil },
            said: ["hq: FAILED: certificate: tls: ", "ca_file"]),
        CheckCase(
            testDescription: "a port without a listener",
            change: { $0.appliances[0].url = "https://127.0.0.1:1" },
            said: ["hq: FAILED: reach: 127.0.0.1:1: connect: ", "check url"]),
        CheckCase(
            testDescription: "a proxy port without a listener",
            change: { $0.appliances[0].lines = ["proxy_url: http://user:hunter22@127.0.0.1:1"] },
            said: ["hq: FAILED: reach: ", "through the proxy: proxy: ", "check proxy_url"]),
        CheckCase(
            testDescription: "a clock half an hour behind", fault: "clock-skew=-1860",
            said: ["hq: FAILED: signature: /modelbreaches: date: ", "synchronize both clocks"],
            warned: ["hq: warning: clock: 18", "behind this machine, signatures fail beyond 1800 s"]),
        CheckCase(
            testDescription: "a login page", fault: "login-page",
            said: ["hq: FAILED: login: /modelbreaches: login: ", "user may use the API"]),
        CheckCase(
            testDescription: "a rejected date format", fault: "refused-date-form=spaced",
            change: { $0.appliances[0].lines.append("date_format: spaced") },
            said: ["hq: FAILED: signature: /modelbreaches: date: ", "set date_format: "]),
        CheckCase(
            testDescription: "no permission", fault: "permission=302",
            said: ["hq: FAILED: permission: /modelbreaches: permission: ", "Visualizer"]),
        CheckCase(
            testDescription: "silence", fault: "silent", change: { $0.global["poll_timeout"] = "3s" },
            said: [
                "hq: FAILED: reach: ", ": timeout: ", "raise poll_timeout", "(name lookup ", ", TLS ", ", response ",
            ]),
        CheckCase(
            testDescription: "a fault of the appliance", fault: "server-error=502",
            said: ["hq: FAILED: answer: /modelbreaches: server: status 502"]),
    ]

    @Test(.timeLimit(.minutes(1)), arguments: wrongs) func `what is wrong is said, and the other appliance is well`(
        wrong: CheckCase
    ) throws {
        let workspace = try TemporaryDirectory()
        let simulator = try Simulator(workspace, wrong.fault.map { ["--fault=hq:\($0)"] } ?? [], rate: 500)
        var configuration = TestConfiguration(simulator)
        wrong.change(&configuration)
        if configuration.caFile == nil {
            configuration.appliances[1].lines = ["tls_config: {ca_file: \"\(simulator.caFile)\"}"]
        }
        let check = try ProcessResult.run("check", in: workspace, configuration.text)
        #expect(check.status == 1)
        let failures = check.lines("hq: FAILED: ")
        #expect(failures.count == 1, "\(check.output)")
        for text in wrong.said { #expect(failures.first?.contains(text) == true, "\(text) is not in \(failures)") }
        for text in wrong.warned { #expect(check.output.contains(text), "\(text) is not in \(check.output)") }
        #expect(check.lines("branch: FAILED: ").isEmpty)
        #expect(check.lines("branch: ok: permission: /modelbreaches is readable").count == 1)
        #expect(check.output.contains("darktrace-exporter: appliances: 2, failed: 1 ("))
        try expectNoSecret(check)
        #expect(!check.output.contains("hunter22") && !check.log.contains("hunter22"))
        #expect(!FileManager.default.fileExists(atPath: workspace.path("state.db")), "no state file is opened")
    }

    @Test(.timeLimit(.minutes(1)))
    func `warnings are printed and fail nothing, a missing token file fails its appliance`() throws {
        let workspace = try TemporaryDirectory()
        let simulator = try Simulator(workspace, rate: 50)
        var configuration = TestConfiguration(simulator, names: ["hq"])
        configuration.caFile = nil
        configuration.appliances[0].lines = ["tls_config: {insecure_skip_verify: true}"]
        let check = try ProcessResult.run("check", in: workspace, configuration.text)
        #expect(check.status == 0)
        #expect(check.log.contains("warning: ") && check.log.contains("insecure_skip_verify is on"))
        #expect(check.lines("hq: warning: certificate: not verified").count == 1)

        configuration.appliances[0].lines = ["private_token_file: nowhere"]
        let text = configuration.text.split(separator: "\n").filter { !$0.contains("private_token:") }
        let file = try workspace.write("darktrace-exporter.yml", text.joined(separator: "\n"))
        try expectRefusal(
            ["--config.check", "--config.file=\(file)"], in: workspace, names: ["private_token_file", "no such file"])
        let failed = try ProcessResult.run("check", in: workspace, text.joined(separator: "\n"))
        #expect(failed.status == 1)
        #expect(failed.lines("hq: FAILED: ").contains { $0.contains("no such file") }, "\(failed.output)")
    }

    @Test(.timeLimit(.minutes(1)), arguments: [SIGINT, SIGTERM]) func `a signal ends it at once`(
        signal: Int32
    ) async throws {
        let workspace = try TemporaryDirectory()
        let simulator = try Simulator(workspace, ["--fault=silent"], rate: 50)
        var configuration = TestConfiguration(simulator)
        configuration.global["poll_timeout"] = "60s"
        let program = try ProcessResult.start("check", in: workspace, configuration.text)
        try await eventually("a request that stalls") {
            try simulator.requests(of: "hq") == 1
        }
        // Long before the answer would be given up.
        #expect(try program.stop(signal) < promptly)
        #expect(try program.exitStatus() == 1)
        #expect(program.log.contains("interrupted by a signal"))
        #expect(program.text.isEmpty)
    }

    private func expectNoSecret(_ ended: ProcessResult) throws {
        for (publicToken, privateToken) in Simulator.tokens.values {
            for secret in [publicToken, privateToken, String(repeating: "9", count: 40)] {
                #expect(!ended.output.contains(secret) && !ended.log.contains(secret))
            }
        }
    }
}
