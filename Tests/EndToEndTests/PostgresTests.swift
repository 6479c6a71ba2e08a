import Foundation
import TestSupport
import Testing

/// The exporter with its counts in PostgreSQL.
@Suite(.ownThread) struct PostgresTests {
    private static let total = "darktrace_model_breaches_total"
    private let workspace: TemporaryDirectory
    private let simulator: Simulator
    private let server: PostgresServer

    init() async throws {
        workspace = try TemporaryDirectory()
        simulator = try Simulator(workspace, rate: 2_000)
        try simulator.call("/-/pause")
        server = try await PostgresServer()
        try await server.query("CREATE ROLE exporter SUPERUSER LOGIN")
        try await server.query("CREATE DATABASE counts")
    }

    /// With a password, which the server does not ask for over its socket.
    private var url: String { "postgresql://exporter:sesame@/counts?host=\(server.directory)" }

    private func configuration(lease: String = "5s") throws -> String {
        try workspace.write("url", url + "\n")
        var configuration = TestConfiguration(simulator, names: ["hq"])
        configuration.head = "state: {postgres_url_file: \(workspace.path("url")), lease: \(lease)}"
        return configuration.text
    }

    private func start(lease: String = "5s", environment: [String: String] = [:]) throws -> Exporter {
        try Exporter(workspace, configuration(lease: lease), state: nil, environment: environment)
    }

    /// Awaits that the exporter has taken the lease of the appliance, and exposes what the database holds.
    private func awaitLease(_ exporter: Exporter) async throws -> Scrape {
        try await exporter.awaitScrape("the lease of hq") {
            !$0.all("darktrace_lease_info", ["appliance": "hq"]).isEmpty
        }
    }

    private func burst(_ count: Int) throws {
        try simulator.call("/-/burst?appliance=hq&model=Compromise::Fleet&count=\(count)")
    }

    @Test(.timeLimit(.minutes(10)), arguments: [PostgresServer.Stop.immediate, .fast])
    func `an outage of the database stops the counting, shows, and loses nothing`(_ stop: PostgresServer.Stop)
        async throws
    {
        let exporter = try start(lease: "10m")
        let before = try await exporter.awaitTruth(of: "hq", by: simulator)
        #expect(before.value("darktrace_exporter_state_up") == 1)
        try await server.stop(stop)
        let shown = try exporter.scrape().sum(Self.total)
        try burst(500)
        let down = try await exporter.awaitScrape("the outage", seconds: 120) {
            $0.value("darktrace_exporter_state_up") == 0 && $0.value("darktrace_up") == 0
        }
        #expect(down.sum(Self.total) == shown, "what is served stays, and nothing uncommitted is")
        #expect(down.value("darktrace_poll_failures_total", ["reason": "ledger"]) ?? 0 >= 1)
        try await server.start()
        let after = try await exporter.awaitTruth(of: "hq", by: simulator)
        #expect(after.sum(Self.total) == shown + 500)
        try await exporter.awaitScrape("the end of the outage") { $0.value("darktrace_exporter_state_up") == 1 }
        #expect(exporter.program.log.contains("Ledger is not reachable"))
        #expect(exporter.program.log.contains("Ledger is reachable again"))
        #expect(try exporter.program.stop() < promptly)
        #expect(try exporter.program.exitStatus() == 0)
    }

    @Test(.timeLimit(.minutes(10)))
    func `an outage that is longer than the lease ends the exposition, and loses nothing`() async throws {
        let exporter = try start()
        let shown = try await exporter.awaitTruth(of: "hq", by: simulator).sum(Self.total)
        try await server.stop(.fast)
        try burst(500)
        let down = try await exporter.awaitScrape("the end of the lease") { $0.value("darktrace_up") == nil }
        #expect(!down.samples.contains { $0.labels["appliance"] != nil }, "another replica may expose it now")
        // The call that finds the server away may take longer than the lease.
        try await exporter.awaitScrape("the outage") { $0.value("darktrace_exporter_state_up") == 0 }
        try await server.start()
        #expect(try await exporter.awaitTruth(of: "hq", by: simulator).sum(Self.total) == shown + 500)
    }

    @Test(.timeLimit(.minutes(10)))
    func `counts continue after a kill when the lease has ended, and after a stop at once`() async throws {
        let first = try start()
        let shown = try await first.awaitTruth(of: "hq", by: simulator).sum(Self.total)
        try first.program.stop(SIGKILL)
        let second = try start()
        #expect(try await awaitLease(second).sum(Self.total) == shown)
        try await second.awaitTruth(of: "hq", by: simulator)
        try second.program.stop()
        #expect(try await server.query("SELECT holder IS NULL FROM darktrace_exporter.lease", in: "counts") == "t")
        try burst(100)
        let third = try start()
        #expect(try await awaitLease(third).sum(Self.total) >= shown)
        #expect(try await third.awaitTruth(of: "hq", by: simulator).sum(Self.total) == shown + 100)
    }

    @Test(.timeLimit(.minutes(10)))
    func `one of two replicas exposes an appliance that both disable, and the other one after it`() async throws {
        let replicas = try ["a", "b"].map { replica in
            try workspace.write("url", url + "\n")
            var configuration = TestConfiguration(simulator)
            configuration.head =
                "state: {postgres_url_file: \(workspace.path("url")), lease: 5s, replica: \(replica)}"
            configuration.appliances[1].lines = ["enabled: false"]
            return try Exporter(workspace, configuration.text, state: nil)
        }
        /// The exposed values by replica; nil where the appliance is not exposed.
        func enabled(_ appliance: String) throws -> [Double?] {
            try replicas.filter(\.program.isRunning).map {
                try $0.scrape().value("darktrace_appliance_enabled", ["appliance": appliance])
            }
        }
        func awaitOne() async throws {
            try await eventually("one replica for each", seen: { "\((try? enabled("branch")) ?? [])" }) {
                try enabled("branch").compactMap(\.self) == [0] && enabled("hq").compactMap(\.self) == [1]
            }
        }
        try await awaitOne()
        #expect(try await server.query("SELECT appliance FROM darktrace_exporter.lease", in: "counts") == "hq")
        let exposing = try #require(try enabled("branch").firstIndex { $0 != nil })
        let scrape = try replicas[exposing].scrape()
        #expect(scrape.value("darktrace_up", ["appliance": "branch"]) == nil, "it is not polled")
        #expect(!scrape.all("darktrace_appliance_ui_info", ["appliance": "branch"]).isEmpty)
        try replicas[exposing].program.stop()
        try await awaitOne()
    }

    @Test(.timeLimit(.minutes(10)))
    func `the URL alone decides, and is shown nowhere`() async throws {
        let home = try TemporaryDirectory()
        try home.write(".pgpass", "*:*:*:*:wrong", mode: 0o644)
        try home.write("service.conf", "[elsewhere]\nhost=/nowhere\n")
        let exporter = try start(environment: [
            "HOME": home.url.path, "PGHOST": "/nowhere", "PGPORT": "1", "PGDATABASE": "nothing", "PGUSER": "no-one",
            "PGPASSWORD": "wrong", "PGSSLMODE": "verify-full", "PGSERVICE": "elsewhere",
            "PGSERVICEFILE": home.path("service.conf"), "PGPASSFILE": home.path(".pgpass"), "PGOPTIONS": "-c x.y=z",
            "PGTARGETSESSIONATTRS": "standby", "PGREQUIREPEER": "no-one", "PGAPPNAME": "another",
        ])
        try await exporter.awaitTruth(of: "hq", by: simulator)
        let names = try await server.query(
            "SELECT DISTINCT application_name FROM pg_stat_activity WHERE datname = 'counts'")
        #expect(names == "darktrace-exporter")
        let pages = try ["/", "/metrics", "/appliances/hq"].map { try exporter.get($0).text }
        for text in pages + [exporter.program.log] { #expect(!text.contains("sesame")) }
        #expect(!exporter.program.log.contains("password file"))
        try await server.stop(.fast)
        try await exporter.awaitScrape("the outage") { $0.value("darktrace_exporter_state_up") == 0 }
        #expect(!exporter.program.log.contains("sesame"))
    }

    @Test(.timeLimit(.minutes(10)))
    func `counts move from a file to a database and back without a step`() async throws {
        let text = TestConfiguration(simulator, names: ["hq"]).text
        var exporter = try Exporter(workspace, text)
        var shown = try await exporter.awaitTruth(of: "hq", by: simulator)
        try workspace.write("url", url)
        for target in ["url", "back.db"] {
            try exporter.program.stop()
            let isBack = target == "back.db"
            let source = isBack ? "--config.file=\(workspace.path("darktrace-exporter.yml"))" : "--state.path=state.db"
            let copy = try RunningProgram(
                "darktrace-exporter", ["state", "copy", source, "--to=\(target)"], directory: workspace.url)
            #expect(try copy.exitStatus() == 0, "\(copy.log)")
            #expect(copy.text.contains("copied 1 feeds from"))
            #expect(!(copy.text + copy.log).contains("sesame"))
            exporter = try isBack ? Exporter(workspace, text, state: "back.db") : start()
            let first = try await isBack ? exporter.scrape() : awaitLease(exporter)
            for family in [Self.total, "darktrace_model_breach_score_count", "darktrace_model_breach_score_sum"] {
                #expect(first.sum(family) == shown.sum(family))
            }
            try burst(50)
            let total = shown.sum(Self.total)
            shown = try await exporter.awaitTruth(of: "hq", by: simulator)
            #expect(shown.sum(Self.total) == total + 50)
        }
        // The database has counts of its own by now.
        try exporter.program.stop()
        let again = try RunningProgram(
            "darktrace-exporter", ["state", "copy", "--state.path=back.db", "--to=url"], directory: workspace.url)
        #expect(try again.exitStatus() == 1)
        #expect(again.log.contains("there are counts already"))
    }

    @Test(.timeLimit(.minutes(10)))
    func `libpq is loaded by an exporter with PostgreSQL alone`() async throws {
        let file = try Exporter(workspace, TestConfiguration(simulator, names: ["hq"]).text)
        try await file.awaitTruth(of: "hq", by: simulator)
        let database = try start()
        try await database.awaitTruth(of: "hq", by: simulator)
        func libraries(_ exporter: Exporter) throws -> String {
            try String(contentsOfFile: "/proc/\(exporter.program.pid)/maps", encoding: .utf8)
        }
        #expect(try !libraries(file).contains("libpq"))
        #expect(try libraries(database).contains("libpq"))
    }
}
