import Collector
package import Configuration
import HTTPServer
import Logging
import ScrapeEndpoint
import Values
import WebAuth

/// `serve`: polls and serves until a signal ends it. Started from the truth outwards, stopped in reverse.
package struct ServeCommand: Sendable {
    private let settings: Settings
    private let services: SharedServices
    private let scrapes: ScrapeHandler
    private let reporter: EventHandler
    private let reloader: Reloader
    private let access: ReloadingWebConfig?
    private let sockets: [Int32]

    /// Opens the ledger and makes ready to serve what it holds; nothing is asked or served yet.
    ///
    /// - Throws: `AccessProblem` for a web configuration or `NoSockets` for sockets of systemd that cannot be used,
    ///   `LedgerError` for a state file that cannot be used, or the transport's error without threads or memory.
    package init(_ settings: Settings, environment: [String: String], _ context: ProcessContext) async throws {
        // First, so that a mistake is the only line.
        access = try settings.web.configFile.map { path in
            try ReloadingWebConfig(path: path, now: Clocks.system.monotonicNanoseconds) { [logger = context.logger] in
                Self.log($0, path, logger)
            }
        }
        // Without the flag too: systemd keeps the port of a socket unit, so that the service could never listen on it.
        sockets = try SystemdSockets.descriptors(environment, areRequired: settings.web.systemdSocket)
        services = try await SharedServices(settings, context)
        self.settings = services.settings
        scrapes = ScrapeHandler(
            groups: services.observations.groups, live: services.observations.live,
            exposed: services.observations.exposedRevision, isAppliance: services.observations.contains,
            maxRequests: settings.web.maxRequests, withCreated: settings.web.openMetricsCreated,
            onAnswer: services.observations.program.answered)
        reporter = services.reporter(changed: scrapes.markStale)
        reloader = Reloader(
            services.settings, environment: environment, logger: services.logger,
            program: services.observations.program,
            clocks: services.clocks, changed: scrapes.markStale)
    }

    /// Returns after SIGTERM or SIGINT, when everything has stopped.
    ///
    /// - Throws: `InvalidListenAddress` or `ServerError` when an address cannot be listened on.
    package func run() async throws {
        let logger = services.logger
        if !sockets.isEmpty, !settings.web.systemdSocket {
            logger.warn("Serving on sockets passed by systemd instead of --web.listen-address")
        }
        let server = try makeServer()
        for address in server.boundAddresses {
            logger.info("Listening on", ("address", "\(address)"), ("tls", "\(access?.usesTLS ?? false)"))
        }
        await withTaskGroup { group in
            group.addTask { await collect() }
            group.addTask { await services.verifyLedger() }
            group.addTask { await reloader.watch() }
            group.addTask { reloader.setRecordedURLs(await services.recordURLs(of: settings.appliances)) }
            for await request in services.signals.requests {
                if request == .stop { break }
                _ = reloader.reload()
            }
            logger.info("Stopping")
            group.cancelAll()
        }
        server.stop(graceSeconds: 0.2)
        await services.close()
    }

    /// Polls the appliances, in a fleet those whose lease is held; a reload changes the pollers of those whose settings
    /// changed.
    private func collect() async {
        let changes = reloader.changes.map { [services, scrapes, reloader] settings in
            reloader.setRecordedURLs(await services.recordURLs(of: settings.appliances))
            services.observations.configuration.update(settings.appliances)
            scrapes.markStale()
            return services.configurations.update(settings.appliances)
        }
        let fleet = services.fleet(changed: scrapes.markStale) { [services, scrapes, reloader] configurations in
            await services.restore(configurations)
            let names = Set(configurations.map(\.name))
            let appliances = services.observations.configuration.appliances.filter { names.contains($0.name) }
            reloader.setRecordedURLs(await services.recordURLs(of: appliances))
            scrapes.markStale()
        }
        guard let fleet else {
            return await services.pollManager(of: settings.appliances, reporter: reporter)
                .run(changes: changes, from: services.restored)
        }
        let configure: @Sendable ([PollConfiguration]) -> Void = { [services] configurations in
            fleet.configure(configurations, disabled: services.observations.configuration.disabled)
        }
        configure(services.configurations.update(settings.appliances))
        await withDiscardingTaskGroup { group in
            group.addTask { await fleet.run() }
            group.addTask { for await configurations in changes { configure(configurations) } }
            await services.pollManager(of: [], reporter: reporter, observe: fleet.observe)
                .run(changes: fleet.assignments, from: services.restored)
        }
    }

    private func makeServer() throws -> Server {
        let addresses =
            try sockets.isEmpty
            ? settings.web.listenAddresses.map { text in try ListenAddress(parsing: text) } : []
        var configuration = ServerConfiguration(addresses: addresses)
        configuration.descriptors = sockets
        // Each appliance has a connection and may need one more while it is replaced; 64 are for everything else.
        let expected = settings.hasApplianceFiles ? max(500, settings.appliances.count) : settings.appliances.count
        configuration.reservedDescriptors = 64 + 2 * expected
        let reload: Router.Reload = settings.web.enableLifecycle ? .enabled(reloader.reload) : .disabled
        let router = Router(
            telemetryPath: settings.web.telemetryPath, routePrefix: settings.web.routePrefix,
            metrics: { [scrapes] request in scrapes.respond(to: request) },
            pages: StatusPages(
                services.observations, telemetryPath: settings.web.telemetryPath,
                wallMilliseconds: services.clocks.wallMilliseconds),
            states: services.observations.states,
            discovery: ServiceDiscovery(settings.web, usesTLS: access?.usesTLS ?? false) { [services] in
                services.observations.configuration.appliances
            }, reload: reload)
        guard let access else { return try Server(configuration, handler: router.respond) }
        let program = services.observations.program
        program.guardsPages()
        if let credentials = access.credentials() {
            configuration.credentials = { access.credentials() ?? credentials }
        }
        let auth = try AuthMiddleware(
            access, openPaths: settings.web.healthWithoutAuth ? settings.web.healthPaths : [], next: router.respond,
            errorPage: { status, text in Page.response(text, status: status) },
            onDenied: { [metrics = settings.web.routePrefix + settings.web.telemetryPath] path, status in
                if path == metrics { program.answered(status: status) }
            })
        return try Server(configuration, handler: auth.respond)
    }

    private static func log(_ event: ReloadingWebConfig.Event, _ path: String, _ logger: Logger) {
        switch event {
        case .reloaded: logger.info("Reloaded web configuration", ("file", path))
        case .invalid(let error):
            logger.error("Invalid web configuration, answering all requests with 500", ("error", error))
        case .keptUsers(let error):
            logger.error("Rejected web configuration without users, keeping the previous one", ("error", error))
        }
    }
}
