import Collector
import Configuration
import CurlTransport
import Ledger
import Logging

/// What every command that counts uses: ledger, network, metrics.
struct SharedServices: Sendable {
    /// With the appliances that the ledger recognises where several files have one name.
    let settings: Settings
    let logger: Logger
    let signals: Signals
    let clocks = Clocks.system
    let loop: CurlLoop
    let observations: MetricsRegistry
    /// What the ledger held of the appliances before they are polled.
    let restored = InitialState()
    let configurations: PollConfigurations
    private let ledger: any Ledger

    /// Opens the ledger and prepares to expose what it holds; nothing is requested yet.
    ///
    /// - Throws: `LedgerError` for a state file that cannot be used, or the transport's error without threads or memory.
    init(_ settings: Settings, _ context: ProcessContext) async throws {
        logger = context.logger
        signals = context.signals
        logger.info("Starting darktrace-exporter", ("version", Build.version), ("revision", Build.revision))
        for warning in context.warnings { logger.warn("Configuration warning", ("warning", "\(warning)")) }
        let queue = LedgerQueue()
        ledger = try await settings.state.openLedger(executor: queue, logger)
        signals.setWriteCheck { queue.isBusy }
        for warning in ledger.warnings { logger.warn("State warning", ("warning", warning)) }
        loop = try CurlLoop()
        let leases = ledger.leases.map { LeaseMetrics(LeaseTable(), replica: $0.replicaName) }
        observations = MetricsRegistry(clocks: clocks, leases: leases, droppedLogLines: logger.droppedLines)
        configurations = PollConfigurations(loop: loop, logsBreaches: settings.log.breaches)
        // If they cannot be read now, the commits of the polls report it.
        let settings = settings.recognising((try? await ledger.urls()) ?? [:])
        self.settings = settings
        Reloader.log(settings.files.flatMap(\.errors), logger)
        observations.configuration.update(settings.appliances)
        if let url = settings.web.externalURL { observations.program.isServed(at: "\(url)") }
        let updated = configurations.update(settings.appliances)
        // Before the first scrape, so that it shows what the last one before the restart showed. With leases, when they
        // are taken.
        if leases == nil { await restore(updated) }
    }

    /// Exposes appliances with what the ledger holds of them, for the polls that follow.
    func restore(_ configurations: [PollConfiguration]) async {
        for configuration in configurations { observations.states.add(configuration.name) }
        async let read = PollManager.restore(configurations, from: ledger, publish: observations.states.publish)
        // While the ledger is read: series of requests and polls, which start at 0.
        configurations.forEach(observations.configure)
        restored.replace(configurations.map(\.name), by: await read)
    }

    /// Turns events into log lines and metrics; `changed` is called when there is something new to expose.
    func reporter(changed: @escaping @Sendable () -> Void = {}) -> EventHandler {
        EventHandler(observations, logger: logger, clocks: clocks, changed: changed)
    }

    /// Polls these appliances and passes what happens to the event handler.
    func pollManager(of appliances: [Settings.Appliance], reporter: EventHandler) -> PollManager {
        pollManager(of: configurations.update(appliances), reporter: reporter) { _ in }
    }

    /// - Parameter observe: Called with each event after the event handler.
    func pollManager(
        of configurations: [PollConfiguration], reporter: EventHandler, observe: @escaping @Sendable (Event) -> Void
    ) -> PollManager {
        PollManager(
            configurations: configurations, ledger: ledger, clocks: clocks, seed: .random(in: 0 ... .max),
            fleetNames: { [all = self.configurations] in all.names },
            emit: { event in
                reporter.handle(event)
                observe(event)
            }, publish: reporter.publish)
    }

    /// The membership in the fleet that shares the ledger; nil for a ledger of this process alone.
    ///
    /// - Parameters:
    ///   - changed: Called when there is something new to expose.
    ///   - prepare: Called with appliances whose lease was taken, before they are exposed.
    func fleet(
        changed: @escaping @Sendable () -> Void, prepare: @escaping @Sendable ([PollConfiguration]) async -> Void
    ) -> LeaseManager? {
        guard let store = ledger.leases, let table = observations.leases?.table else { return nil }
        return LeaseManager(store, table: table, clocks: clocks, prepare: prepare) { [observations, logger] event in
            LeaseEventLogger.log(event, logger)
            switch event {
            case .unreachable: observations.program.stateChanged(isUp: false)
            case .reachable: observations.program.stateChanged(isUp: true)
            case .changed: break
            }
            // Without a lease there is no poll that would do it.
            changed()
        }
    }

    /// Verifies the ledger in the background until the task is cancelled: an hour after the start, then once a day.
    func verifyLedger() async {
        var due = clocks.monotonicNanoseconds() + 3_600_000_000_000
        while (try? await clocks.sleep(due)) != nil {
            do throws(LedgerError) {
                for finding in try await ledger.verify() { logger.error("Ledger is damaged", ("error", finding)) }
            } catch {
                if Task.isCancelled { return }
                logger.error("Failed to verify ledger", ("error", "\(error)"))
            }
            due = clocks.monotonicNanoseconds() + 86_400_000_000_000
        }
    }

    /// The appliances that may be polled once now, with what the ledger holds of them: all, or in a fleet those whose
    /// lease is free.
    func takeOnce(_ appliances: [Settings.Appliance]) async throws(LedgerError) -> [PollConfiguration] {
        let all = configurations.update(appliances)
        guard let store = ledger.leases, let table = observations.leases?.table else { return all }
        let taken = try await LeaseManager.takeOnce(all, store, table: table)
        await restore(taken)
        return taken
    }

    /// Stores the URLs of the enabled ones of these appliances in the ledger where they differ, and returns all of them;
    /// nil if they cannot be read now. In a fleet only those whose lease is held.
    ///
    /// A moved appliance and another appliance under a name that was used before look alike, so a change is a warning.
    func recordURLs(of appliances: [Settings.Appliance]) async -> [String: String]? {
        guard var urls = try? await ledger.urls() else { return nil }
        for appliance in appliances where appliance.isEnabled && urls[appliance.name] != appliance.recordedURL {
            if let leases = observations.leases, leases.table.epoch(of: appliance.name) == nil { continue }
            if let old = urls[appliance.name] {
                logger.warn(
                    "URL of an appliance changed, its counts continue", ("appliance", appliance.name), ("from", old),
                    ("to", appliance.recordedURL),
                    ("if_another_appliance", "disable it, reload, then run: state forget \(appliance.name)"))
            }
            do {
                try await ledger.recordURL(appliance.recordedURL, of: appliance.name)
                urls[appliance.name] = appliance.recordedURL
            } catch {
                logger.error(
                    "Failed to record the URL of an appliance", ("appliance", appliance.name), ("error", "\(error)"))
            }
        }
        return urls
    }

    /// Closes the ledger, after everything else has ended.
    func close() async {
        do {
            try await ledger.close()
        } catch {
            logger.error("Failed to close ledger", ("error", "\(error)"))
        }
    }
}
