import Foundation
import TestSupport
import Testing

/// Many customers: files that come and go, and the commands of docs/operating.md.
@Suite(.ownThread, .serialized) struct CustomersTests {
    private let workspace: TemporaryDirectory
    private let simulator: Simulator
    private var configuration: TestConfiguration
    private let folder: URL

    init() throws {
        workspace = try TemporaryDirectory()
        simulator = try Simulator(workspace, rate: 50)
        configuration = TestConfiguration(simulator)
        folder = workspace.url.appending(path: "appliances.d")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        // One poll of each appliance during the test, unless something restarts it.
        configuration.global["poll_interval"] = "1h"
        configuration.global["recheck_interval"] = "1h"
        configuration.head = "appliance_files: [appliances.d/*.yml]"
    }

    /// The text of a file with one appliance, which the simulator answers as its appliance `hq` or `branch`.
    private func file(_ name: String, as simulated: String = "hq", host: String = "127.0.0.1", more: String = "")
        -> String
    {
        let tokens = Simulator.tokens[simulated] ?? ("", "")
        let port = simulator.address.split(separator: ":").last ?? ""
        return """
            - name: \(name)
              url: https://\(host):\(port)
              public_token: "\(tokens.0)"
              private_token: "\(tokens.1)"
              tls_config: {ca_file: "\(simulator.caFile)"}
              labels: {customer: \(name)}
            \(more)
            """
    }

    private func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: folder.appending(path: "\(name).yml"))
    }

    private func files(_ scrape: Scrape, _ value: Double) -> Int {
        scrape.all("darktrace_exporter_config_file_success").count { $0.value == value }
    }

    private static let steady = ["hq", "branch"]

    /// Every series of the two appliances of the main file.
    private func steadySeries(_ scrape: Scrape) -> Set<String> {
        Set(
            scrape.samples.filter { Self.steady.contains($0.labels["appliance"] ?? "") }.map { sample in
                sample.name + sample.labels.sorted { $0.key < $1.key }.map { ",\($0.key)=\($0.value)" }.joined()
            })
    }

    /// Two hundred first polls are a tenth of a second apart; the two appliances of the main file are polled throughout.
    @Test(.timeLimit(.minutes(10)))
    func `two hundred files come, break, are repaired and go, and the others do not notice`()
        async throws
    {
        let names = (1...200).map { "customer-\($0)" }
        let requestsPerMinute = 40
        var configuration = configuration
        for index in configuration.appliances.indices {
            configuration.appliances[index].lines = ["poll_interval: 2s", "requests_per_minute: \(requestsPerMinute)"]
        }
        // No new breach, hence no new series of a model.
        try simulator.call("/-/pause")
        let exporter = try Exporter(workspace, configuration.text)
        let began = ContinuousClock.now
        func isWithinBudget(_ scrape: Scrape, _ name: String) -> Bool {
            let minutes = (ContinuousClock.now - began) / .seconds(60)
            let requests = scrape.sum("darktrace_api_requests_total", ["appliance": name])
            return requests <= Double(requestsPerMinute) * (1 + minutes)
        }
        func polls(_ scrape: Scrape, _ name: String) -> Double {
            scrape.sum("darktrace_polls_total", ["appliance": name])
        }
        let first = try await exporter.awaitScrape("both polled twice") { scrape in
            scrape.sum("darktrace_up") == 2 && Self.steady.allSatisfy { polls(scrape, $0) >= 2 }
        }
        let series = steadySeries(first)
        /// Awaits the end of a step, and another poll of each steady appliance in it.
        func awaitStep(_ what: String, _ condition: (Scrape) -> Bool) async throws {
            let before = try exporter.scrape()
            try await exporter.awaitScrape(what, seconds: 120) { scrape in
                #expect(series == steadySeries(scrape), "\(what)")
                for name in Self.steady {
                    #expect(isWithinBudget(scrape, name), "\(what): \(name)")
                    #expect(scrape.value("darktrace_up", ["appliance": name]) == 1, "\(what)")
                    #expect(scrape.sum("darktrace_poll_failures_total", ["appliance": name]) == 0, "\(what)")
                }
                return condition(scrape) && Self.steady.allSatisfy { polls(scrape, $0) > polls(before, $0) }
            }
        }
        for name in names { try write(name, file(name)) }
        try await awaitStep("all up") { $0.sum("darktrace_up") == 202 && files($0, 1) == 201 }
        for (index, name) in names.enumerated() {
            let texts = [
                "", "- {name:", file(name, more: "  nope: 1"), file(name).replacingOccurrences(of: "url", with: "uri"),
            ]
            try write(name, texts[index % texts.count])
        }
        try await awaitStep("all broken, and still polled with their former content") {
            files($0, 0) == 200 && $0.sum("darktrace_up") == 202
        }
        for name in names { try write(name, file(name, more: "  enabled: true")) }
        try await awaitStep("all repaired") { files($0, 1) == 201 && files($0, 0) == 0 }
        let repaired = try exporter.scrape()
        #expect(names.allSatisfy { polls(repaired, $0) == 1 }, "one poll of each")
        for name in names { try FileManager.default.removeItem(at: folder.appending(path: "\(name).yml")) }
        try await awaitStep("all removed") { $0.all("darktrace_up").count == 2 && files($0, 1) == 1 }
    }

    @Test(.timeLimit(.minutes(10))) func `a name that two files have keeps its ledger over restarts`() async throws {
        var exporter = try Exporter(workspace, configuration.text)
        try write("one", file("shared"))
        let before = try await exporter.awaitScrape("one") { $0.value("darktrace_up", ["appliance": "shared"]) == 1 }
        let start = before.value("darktrace_ledger_start_timestamp_seconds", ["appliance": "shared"])
        // In the order of names, the file of the other customer comes first.
        try write("a-new", file("shared", as: "branch", host: "localhost"))
        for isRestart in [false, true] {
            if isRestart {
                try exporter.program.stop(SIGKILL)
                exporter = try Exporter(workspace, configuration.text)
            }
            let scrape = try await exporter.awaitScrape("the clash") { scrape in
                files(scrape, 0) == 1 && scrape.value("darktrace_up", ["appliance": "shared"]) == 1
            }
            #expect(scrape.value("darktrace_ledger_start_timestamp_seconds", ["appliance": "shared"]) == start)
            let links = scrape.all("darktrace_appliance_ui_info", ["appliance": "shared"])
            #expect(links.map { $0.labels["url"]?.contains("127.0.0.1") } == [true])
            #expect(exporter.program.log.contains("is also the name of"))
        }
        // Neither has the URL that is recorded: none is polled.
        try write("one", file("shared", host: "ip6-localhost"))
        try await exporter.awaitScrape("none of them") {
            files($0, 0) == 2 && $0.all("darktrace_up", ["appliance": "shared"]).isEmpty
        }
    }

    @Test(.timeLimit(.minutes(10))) func `a name that returns with another URL continues its counts with a warning`()
        async throws
    {
        var exporter = try Exporter(workspace, configuration.text)
        func warnings() -> [[String]] {
            exporter.program.log.matches(
                of: #/level=WARN msg="URL of an appliance changed, its counts continue" (.*)/#
            ).map { $0.output.1.split(separator: " ", maxSplits: 3).map(String.init) }
        }
        try write("acme", file("acme"))
        let first = try await exporter.awaitScrape("acme") { $0.value("darktrace_up", ["appliance": "acme"]) == 1 }
        let start = first.value("darktrace_ledger_start_timestamp_seconds", ["appliance": "acme"])
        try FileManager.default.removeItem(at: folder.appending(path: "acme.yml"))
        try await exporter.awaitScrape("no acme") { $0.all("darktrace_up", ["appliance": "acme"]).isEmpty }
        #expect(warnings().isEmpty)
        try write("acme-new", file("acme", host: "localhost"))
        let second = try await exporter.awaitScrape("the new acme") {
            $0.value("darktrace_up", ["appliance": "acme"]) == 1
        }
        #expect(second.value("darktrace_ledger_start_timestamp_seconds", ["appliance": "acme"]) == start)
        try await eventually("the warning", seen: { exporter.program.log }) { !warnings().isEmpty }
        let port = simulator.address.split(separator: ":").last ?? ""
        #expect(
            warnings() == [
                [
                    "appliance=acme", "from=https://127.0.0.1:\(port)", "to=https://localhost:\(port)",
                    "if_another_appliance=\"disable it, reload, then run: state forget acme\"",
                ]
            ])
        // The new URL is recorded: a restart has nothing to say about it.
        try exporter.program.stop()
        exporter = try Exporter(workspace, configuration.text)
        try await exporter.awaitScrape("acme again") { $0.value("darktrace_up", ["appliance": "acme"]) == 1 }
        #expect(warnings().isEmpty)
    }

    @Test(.timeLimit(.minutes(10)))
    func `the documented commands on-board, rename and off-board one of sixty customers`()
        async throws
    {
        let others = (1...59).map { "customer-\($0)" }
        for name in others { try write(name, file(name)) }
        let exporter = try Exporter(workspace, configuration.text)
        try await exporter.awaitScrape("all up") { $0.sum("darktrace_up") == 61 }
        _ = try workspace.write("acme.yml", file("acme"))
        var commands = try documentedCommands()[...]
        func run(_ part: String) throws {
            let next = commands.popFirst()
            let command = try #require(next)
            #expect(command.contains(part))
            let result = try Command.run("sh", ["-c", command], in: workspace.url.path)
            #expect(result.status == 0, "\(command): \(result.text) \(result.errors)")
        }
        func polls(_ scrape: Scrape) -> Double {
            scrape.samples.filter {
                $0.name == "darktrace_polls_total" && $0.labels["appliance"]?.hasPrefix("acme") == false
            }
            .reduce(0) { $0 + $1.value }
        }
        try run("mv acme.yml")
        try run("check acme --quiet")
        let up = try await exporter.awaitScrape("acme") {
            $0.value("darktrace_up", ["appliance": "acme", "customer": "acme"]) == 1
        }
        try run("enabled: false")
        try await exporter.awaitScrape("disabled") {
            $0.value("darktrace_appliance_enabled", ["appliance": "acme"]) == 0
                && $0.all("darktrace_up", ["appliance": "acme"]).isEmpty
        }
        try run("state rename acme acme-london")
        try run("acme-london/")
        let renamed = try await exporter.awaitScrape("the new name") {
            $0.value("darktrace_up", ["appliance": "acme-london"]) == 1
        }
        let start = "darktrace_ledger_start_timestamp_seconds"
        #expect(renamed.value(start, ["appliance": "acme-london"]) == up.value(start, ["appliance": "acme"]))
        #expect(
            renamed.sum("darktrace_model_breaches_total", ["appliance": "acme-london"])
                >= up.sum("darktrace_model_breaches_total", ["appliance": "acme"]))
        try run("rm ")
        try await exporter.awaitScrape("no acme") { scrape in
            !scrape.samples.contains { $0.labels["appliance"]?.hasPrefix("acme") == true }
        }
        try run("state backup ")
        try run("state forget acme-london")
        #expect(commands.isEmpty)
        #expect(polls(try exporter.scrape()) == 61, "no other appliance was polled again")
        for (path, holds) in [("acme-last.db", true), ("state.db", false)] {
            let list = try Command.run(
                Self.program, ["state", "list", "--state.path=\(workspace.path(path))"])
            #expect(list.text.contains("acme-london") == holds, "\(list.text) \(list.errors)")
            #expect(list.text.contains("customer-59"))
        }
    }

    private static let program = Project.programs.appending(path: "darktrace-exporter").path

    /// The commands of the section, with the places of this test.
    private func documentedCommands() throws -> [String] {
        let text = try String(contentsOf: Project.root.appending(path: "docs/operating.md"), encoding: .utf8)
        let section = try #require(
            text.components(separatedBy: "## Many customers\n").last?.components(separatedBy: "\n## ").first)
        var isCode = false
        var commands: [String] = []
        for line in section.split(separator: "\n") {
            if line.hasPrefix("```") { isCode.toggle() } else if isCode { commands.append(String(line)) }
        }
        return commands.map { command in
            command.replacingOccurrences(of: "/etc/darktrace-exporter", with: workspace.url.path)
                .replacingOccurrences(of: "/var/lib/darktrace-exporter", with: workspace.url.path)
                .replacing(#/^(runuser -u darktrace-exporter -- )?darktrace-exporter /#, with: "'\(Self.program)' ")
        }
    }
}
