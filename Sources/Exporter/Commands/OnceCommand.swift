import Collector
package import Configuration
import Logging
import Metrics

/// `once`: polls every feed once, prints the metrics of the appliances, and ends.
package struct OnceCommand: Sendable {
    private let services: SharedServices

    /// Opens the ledger; nothing is requested yet.
    ///
    /// - Throws: `LedgerError` for a state file that cannot be used, or the transport's error without threads or memory.
    package init(_ settings: Settings, _ context: ProcessContext) async throws {
        try StandardOutput.requireOpen()
        services = try await SharedServices(settings, context)
    }

    /// Returns when every poll has succeeded and everything is printed.
    ///
    /// - Throws: `FailedPolls` after printing, `InterruptedBySignal` and `OutputError` without, each one line when
    ///   described.
    package func run() async throws {
        do {
            try await pollAndPrint()
        } catch {
            await services.close()
            throw error
        }
        await services.close()
    }

    private func pollAndPrint() async throws {
        let appliances = services.settings.appliances
        let polled = try await services.takeOnce(appliances)
        let leased = appliances.filter { appliance in
            appliance.isEnabled && !polled.contains { $0.name == appliance.name }
        }
        for appliance in leased {
            services.logger.error(
                "Appliance not polled",
                ("appliance", appliance.name), ("error", "another exporter holds its lease; stop that one first"))
        }
        _ = await services.recordURLs(of: appliances)
        services.logger.info(
            "Polling every feed once", ("appliances", "\(polled.count)"),
            (
                "detail",
                "half of requests_per_minute is for feeds other than model breaches, so this run may take minutes; "
                    + "serve exposes each feed as soon as it is polled"
            ))
        let manager = services.pollManager(of: polled, reporter: services.reporter()) { _ in }
        let result = try await services.signals.cancelOnStop { await manager.pollOnce(from: services.restored) }
        services.signals.restoreDefaultActions()
        try StandardOutput.write(Exposition(services.observations.appliances()).body(as: .text))
        // Only after the zeros of new series are printed: a run that is killed here prints them again.
        try await manager.release(result)
        let failed = leased.map(\.name) + result.failed
        guard failed.isEmpty else { throw FailedPolls(appliances: failed) }
    }
}

/// Some polls failed; what is known was printed.
struct FailedPolls: Error, CustomStringConvertible {
    let appliances: [String]

    var description: String {
        "polls failed: \(appliances.joined(separator: ", ")); see the log and darktrace_up"
    }
}
