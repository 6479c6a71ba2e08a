import Collector
package import Configuration
import CurlTransport
import Darktrace
import HTTPServer
import Ledger
import Metrics
import Publication

/// `serve`: polls and serves until a signal ends it. Started from the truth outwards, stopped in reverse.
package struct Service: Sendable {
    private let settings: Settings
    private let logger: Logger
    private let timeline: Timeline
    private let signals: Signals
    private let ledger: Ledger
    private let loop: CurlLoop
    private let observations: Observations
    private let restored: Restored
    private let publisher: Publisher
    private let reporter: Reporter
    private let reloader: Reloader

    /// Opens the ledger and makes ready to serve what it holds; nothing is asked or served yet.
    ///
    /// - Throws: `LedgerError` for a state file that cannot be used, or the transport's error without threads or memory.
    package init(_ settings: Settings, environment: [String: String], warnings: [Warning]) async throws {
        logger = Logger(settings.log)
        logger.info("Starting darktrace-exporter", ("version", Build.version), ("revision", Build.revision))
        for warning in warnings { logger.warn("Check the configuration", ("warning", "\(warning)")) }
        self.settings = settings
        timeline = .system
        signals = Signals()
        ledger = try Ledger(Location(settings.statePath), executor: LedgerQueue())
        loop = try CurlLoop()
        observations = Observations(timeline: timeline)
        observations.configure(settings.appliances)
        // Before the first snapshot, so that the first scrape shows what the last one before the restart showed.
        restored = await Collection.restore(
            settings.appliances.map { [loop] in Plan($0, loop: loop) }, from: ledger,
            publish: observations.board.publish)
        publisher = Publisher(
            snapshot: observations.snapshot, tail: observations.tail, maxRequests: settings.web.maxRequests,
            withCreated: settings.web.openMetricsCreated)
        reporter = Reporter(observations, logger: logger, timeline: timeline, changed: publisher.setNeedsSnapshot)
        reloader = Reloader(
            settings, environment: environment, logger: logger, program: observations.program, timeline: timeline)
    }

    /// Returns after SIGTERM or SIGINT, when everything has stopped.
    ///
    /// - Throws: `InvalidListenAddress` or `ServerError` when an address cannot be listened on.
    package func run() async throws {
        let server = try makeServer()
        for address in server.boundAddresses { logger.info("Listening on", ("address", "\(address)")) }
        await withTaskGroup { group in
            group.addTask { await publisher.run() }
            group.addTask { await collect() }
            for await request in signals.requests {
                if request == .stop { break }
                if reloader.reload() == nil { publisher.setNeedsSnapshot() }
            }
            logger.info("Stopping")
            group.cancelAll()
        }
        server.stop(graceSeconds: 0.2)
        do {
            try await ledger.close()
        } catch {
            logger.error("The ledger could not be closed", ("error", "\(error)"))
        }
    }

    /// Polls what is configured, and begins anew whenever the configuration has changed.
    private func collect() async {
        var next: Settings? = settings
        var changes = reloader.changes.makeAsyncIterator()
        while let current = next {
            observations.configure(current.appliances)
            let collection = Collection(
                plans: current.appliances.map { Plan($0, loop: loop) }, ledger: ledger, timeline: timeline,
                seed: .random(in: 0 ... .max), emit: reporter.report, publish: reporter.publish)
            next = await withTaskGroup { group in
                group.addTask { await collection.run(from: restored) }
                let changed = await changes.next()
                group.cancelAll()
                return changed
            }
        }
    }

    private func makeServer() throws -> Server {
        let addresses = try settings.web.listenAddresses.map { text in try ListenAddress(parsing: text) }
        let reload: Router.Reload = settings.web.enableLifecycle ? .enabled(reloader.reload) : .disabled
        let router = Router(
            telemetryPath: settings.web.telemetryPath, metrics: scrape, board: observations.board, reload: reload)
        return try Server(ServerConfiguration(addresses: addresses), handler: router.respond)
    }

    private func scrape(_ request: borrowing Request) -> Response {
        let response = publisher.respond(to: request)
        observations.program.answered(status: response.status)
        return response
    }
}
