import Collector
import Configuration
import CurlTransport
import Ledger

/// What every command that counts stands on, opened from the truth outwards.
struct SharedServices: Sendable {
    let logger: Logger
    let timeline = Clocks.system
    let signals = Signals()
    let loop: CurlLoop
    let observations: MetricsRegistry
    /// What the ledger held at the start, for the first collection.
    let restored: InitialState
    private let ledger: Ledger

    /// Opens the ledger and makes ready to show what it holds; nothing is asked yet.
    ///
    /// - Throws: `LedgerError` for a state file that cannot be used, or the transport's error without threads or memory.
    init(_ settings: Settings, warnings: [Warning]) async throws {
        logger = Logger(settings.log)
        logger.info("Starting darktrace-exporter", ("version", Build.version), ("revision", Build.revision))
        for warning in warnings { logger.warn("Check the configuration", ("warning", "\(warning)")) }
        ledger = try Ledger(DatabaseLocation(settings.statePath), executor: LedgerQueue())
        loop = try CurlLoop()
        observations = MetricsRegistry(timeline: timeline)
        let plans = settings.appliances.map { [loop] in PollConfiguration($0, loop: loop) }
        observations.configure(plans)
        // Before anything is shown, so that the first look shows what the last one before the restart showed.
        restored = await PollManager.restore(plans, from: ledger, publish: observations.board.publish)
    }

    /// Turns events into log lines and self-metrics; `changed` is called when there is something new to show.
    func reporter(changed: @escaping @Sendable () -> Void = {}) -> EventHandler {
        EventHandler(observations, logger: logger, timeline: timeline, changed: changed)
    }

    /// How these appliances are to be polled.
    func plans(of appliances: [Settings.Appliance]) -> [PollConfiguration] {
        appliances.map { PollConfiguration($0, loop: loop) }
    }

    /// Asks these appliances and tells the reporter.
    func collection(of appliances: [Settings.Appliance], reporter: EventHandler) -> PollManager {
        PollManager(
            plans: plans(of: appliances), ledger: ledger, timeline: timeline,
            seed: .random(in: 0 ... .max), emit: reporter.handle, publish: reporter.publish)
    }

    /// Closes what was opened, after everything else has ended.
    func close() async {
        do {
            try await ledger.close()
        } catch {
            logger.error("The ledger could not be closed", ("error", "\(error)"))
        }
    }
}
