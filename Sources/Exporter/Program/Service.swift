import Collector
package import Configuration
import HTTPServer
import Publication

/// `serve`: polls and serves until a signal ends it. Started from the truth outwards, stopped in reverse.
package struct Service: Sendable {
    private let settings: Settings
    private let ground: Groundwork
    private let publisher: Publisher
    private let reporter: Reporter
    private let reloader: Reloader
    private let access: AccessFile?
    private let sockets: [Int32]

    /// Opens the ledger and makes ready to serve what it holds; nothing is asked or served yet.
    ///
    /// - Throws: `AccessProblem` for a web configuration or `NoSockets` for sockets of systemd that cannot be used,
    ///   `LedgerError` for a state file that cannot be used, or the transport's error without threads or memory.
    package init(_ settings: Settings, environment: [String: String], warnings: [Warning]) async throws {
        // First, so that a mistake is the only line.
        access = try settings.web.configFile.map { path in
            try AccessFile(
                path: path, logger: Logger(settings.log), now: Timeline.system.monotonicNanoseconds)
        }
        sockets = settings.web.systemdSocket ? try HandedSockets.descriptors(environment) : []
        self.settings = settings
        ground = try await Groundwork(settings, warnings: warnings)
        publisher = Publisher(
            snapshot: ground.observations.snapshot, tail: ground.observations.tail,
            maxRequests: settings.web.maxRequests, withCreated: settings.web.openMetricsCreated)
        reporter = ground.reporter(changed: publisher.setNeedsSnapshot)
        reloader = Reloader(
            settings, environment: environment, logger: ground.logger, program: ground.observations.program,
            timeline: ground.timeline, changed: publisher.setNeedsSnapshot)
    }

    /// Returns after SIGTERM or SIGINT, when everything has stopped.
    ///
    /// - Throws: `InvalidListenAddress` or `ServerError` when an address cannot be listened on.
    package func run() async throws {
        let logger = ground.logger
        let server = try makeServer()
        for address in server.boundAddresses {
            logger.info("Listening on", ("address", "\(address)"), ("tls", "\(access?.speaksTLS ?? false)"))
        }
        await withTaskGroup { group in
            group.addTask { await publisher.run() }
            group.addTask { await collect() }
            for await request in ground.signals.requests {
                if request == .stop { break }
                _ = reloader.reload()
            }
            logger.info("Stopping")
            group.cancelAll()
        }
        server.stop(graceSeconds: 0.2)
        await ground.close()
    }

    /// Polls what is configured, and begins anew whenever the configuration has changed.
    private func collect() async {
        var next: Settings? = settings
        var changes = reloader.changes.makeAsyncIterator()
        while let current = next {
            ground.observations.configure(ground.plans(of: current.appliances))
            publisher.setNeedsSnapshot()
            let collection = ground.collection(of: current.appliances, reporter: reporter)
            next = await withTaskGroup { group in
                group.addTask { await collection.run(from: ground.restored) }
                let changed = await changes.next()
                group.cancelAll()
                return changed
            }
        }
    }

    private func makeServer() throws -> Server {
        let addresses =
            try settings.web.systemdSocket
            ? [] : settings.web.listenAddresses.map { text in try ListenAddress(parsing: text) }
        var configuration = ServerConfiguration(addresses: addresses)
        configuration.descriptors = sockets
        let reload: Router.Reload = settings.web.enableLifecycle ? .enabled(reloader.reload) : .disabled
        let router = Router(
            telemetryPath: settings.web.telemetryPath, metrics: scrape, board: ground.observations.board, reload: reload
        )
        guard let access else { return try Server(configuration, handler: router.respond) }
        let program = ground.observations.program
        program.guardsPages()
        if let credentials = access.credentials() {
            configuration.credentials = { access.credentials() ?? credentials }
        }
        let gate = try Gate(access, inside: router.respond) {
            [metrics = settings.web.telemetryPath] path, status in
            if path == metrics { program.answered(status: status) }
        }
        return try Server(configuration, handler: gate.respond)
    }

    private func scrape(_ request: borrowing Request) -> Response {
        let response = publisher.respond(to: request)
        ground.observations.program.answered(status: response.status)
        return response
    }
}
