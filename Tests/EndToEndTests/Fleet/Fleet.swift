import Foundation
import TestSupport
import Testing

/// Several exporters with one configuration over one real PostgreSQL, a simulator with many appliances, and a real
/// Prometheus that scrapes all of them.
final class Fleet {
    /// What differs between fleets.
    struct Setup {
        var replicas = 3
        /// Replicas that have an address, but are started by the test.
        var spares = 0
        var appliances = 30
        /// Breaches a day of each appliance.
        var rate = 40_000
        var lease = "15s"
        var global = [
            "poll_interval": "3s", "poll_timeout": "20s", "overlap": "30s", "initial_lookback": "10m",
            "new_series_hold": "10s",
            "recheck_interval": "1m", "recheck_window": "2m",
        ]
        /// Of what the replicas send to the database.
        var replacement: Relay.Replacement?
    }

    let setup: Setup
    let workspace: TemporaryDirectory
    let simulator: Simulator
    let server: PostgresServer
    let database: String
    /// One for each replica, between it and the database.
    let relays: [Relay]
    let log = ExposureLog()
    private let hosts: [String]
    private let probes: FleetProbes
    private var programs: [Int: RunningProgram] = [:]
    /// Who exposes what, by the replicas that run: the same replicas always share in the same way.
    private var shares: [Set<Int>: [Int: Set<String>]] = [:]
    /// The logs of programs that have ended.
    private var endedLogs: [Int: String] = [:]

    static let port: UInt16 = 13_947

    init(_ setup: Setup) async throws {
        self.setup = setup
        let count = setup.replicas + setup.spares
        workspace = try TemporaryDirectory()
        let epoch = Int64(Date().timeIntervalSince1970 * 1_000) - 60_000
        simulator = try Simulator(
            workspace,
            Self.names(setup.appliances).enumerated().map { index, name in
                let tokens = Self.tokens(index)
                return "--appliance=\(name):\(tokens.publicToken):\(tokens.privateToken)"
            } + ["--epoch=\(epoch)"], rate: setup.rate)
        try simulator.call("/-/pause")
        server = try await PostgresServer()
        database = try await server.createDatabase()
        let path = "\(server.directory)/.s.PGSQL.5432"
        relays = try (0..<count).map { _ in
            try Relay(replacing: setup.replacement) { Socket.connected(path: path) }
        }
        hosts = (0..<count).map { _ in LoopbackAddress.random() }
        probes = FleetProbes(hosts.map { ($0, Self.port) }, log: log)
    }

    deinit { probes.stop() }

    // MARK: Appliances

    static func names(_ count: Int) -> [String] { (1...count).map { "a\($0)" } }

    private static func tokens(_ index: Int) -> (publicToken: String, privateToken: String) {
        func token(_ kind: String) -> String {
            let number = String(index)
            return kind + String(repeating: "0", count: 39 - number.count) + number
        }
        return (token("a"), token("b"))
    }

    var names: [String] { Self.names(setup.appliances) }

    // MARK: Replicas

    /// The targets of the replicas that are started first, or of all.
    func targets(all: Bool = false) -> [String] {
        hosts.prefix(all ? hosts.count : setup.replicas).map { "\($0):\(Self.port)" }
    }

    var running: Set<Int> { Set(programs.keys) }

    func start(_ replica: Int) throws {
        let url = try workspace.write("url\(replica)", "postgresql://postgres@\(relays[replica].address)/\(database)\n")
        var configuration = TestConfiguration(simulator, names: [])
        configuration.global.merge(setup.global) { $1 }
        configuration.head = "state: {postgres_url_file: \(url), lease: \(setup.lease), replica: r\(replica)}"
        configuration.appliances = names.enumerated().map { index, name in
            let tokens = Self.tokens(index)
            return TestConfiguration.Appliance(
                name: name, url: "https://\(simulator.address)", publicToken: tokens.publicToken,
                privateToken: tokens.privateToken)
        }
        let file = try workspace.write("r\(replica).yml", configuration.text, mode: 0o600)
        let program = try RunningProgram(
            "darktrace-exporter",
            ["--web.listen-address=\(hosts[replica]):\(Self.port)", "--config.file=\(file)"], directory: workspace.url)
        _ = try program.awaitLog(#/msg="Listening on"/#)
        programs[replica] = program
    }

    func startAll() throws { for replica in 0..<setup.replicas { try start(replica) } }

    /// Ends a replica.
    func stop(_ replica: Int, by signal: Int32 = SIGTERM) throws {
        guard let program = programs.removeValue(forKey: replica) else { return }
        try program.stop(signal)
        endedLogs[replica, default: ""] += program.log
        if signal == SIGTERM { #expect(try program.exitStatus() == 0, "\(program.log.suffix(3_000))") }
    }

    /// Sends a signal that a replica outlives.
    func send(_ signal: Int32, to replica: Int) { if let program = programs[replica] { kill(program.pid, signal) } }

    /// What a replica has logged in all its lives.
    func log(of replica: Int) -> String { endedLogs[replica, default: ""] + (programs[replica]?.log ?? "") }

    func get(_ replica: Int, _ path: String = "/metrics") throws -> String {
        try HTTP.get("http://\(hosts[replica]):\(Self.port)\(path)").text
    }

    /// What all running replicas expose together.
    func scrape() throws -> Scrape { try Scrape(running.sorted().map { try get($0) }.joined()) }

    // MARK: Conditions

    /// Awaits that each appliance is exposed by one replica, as always with these replicas, and that all use the database.
    func awaitSettled(
        _ what: String, seconds: Double = 120, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        var stableSince: (shares: [Int: Set<String>], time: Double)?
        let since = log.now
        try await eventually(
            "appliances with one replica each after \(what)", seconds: seconds,
            seen: { [log] in "\(log.newest(since: since).mapValues { $0.epochs })" }
        ) {
            let newest = log.newest(since: max(since, log.now - 3))
            let current = newest.filter { running.contains($0.key) }.mapValues { Set($0.epochs.keys) }
            let exposed = current.values.flatMap { $0 }.sorted()
            guard current.count == running.count, exposed == names.sorted(), !current.values.contains([]),
                newest.values.allSatisfy(\.isConnected)
            else { return false }
            if let known = shares[running] { return current == known }
            if stableSince?.shares != current { stableSince = (current, log.now) }
            return log.now - (stableSince?.time ?? 0) > 4
        }
        if shares[running] == nil { shares[running] = stableSince?.shares }
    }
}
