import Collector
package import Configuration
import Metrics

/// `once`: polls every feed once, prints what a scrape would show of the appliances, and ends.
package struct OnceCommand: Sendable {
    private let settings: Settings
    private let services: SharedServices

    /// Opens the ledger; nothing is asked yet.
    ///
    /// - Throws: `LedgerError` for a state file that cannot be used, or the transport's error without threads or memory.
    package init(_ settings: Settings, warnings: [Warning]) async throws {
        try StandardOutput.requireOpen()
        self.settings = settings
        services = try await SharedServices(settings, warnings: warnings)
    }

    /// Returns when every poll has succeeded and everything is printed.
    ///
    /// - Throws: `FailedPolls` after printing, `Stopped` and `OutputFailure` without, each one line when described.
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
        let collection = services.collection(of: settings.appliances, reporter: services.reporter())
        let round = try await services.signals.cancelOnSignal { await collection.pollOnce(from: services.restored) }
        services.signals.restoreDefaultHandlers()
        try StandardOutput.write(Exposition(services.observations.appliances()).body(as: .text))
        // Not before the zeros are out: who is killed here prints them once more.
        try await collection.release(round)
        guard round.failed.isEmpty else { throw FailedPolls(appliances: round.failed) }
    }
}

/// Some polls failed; everything that is known was printed.
struct FailedPolls: Error, CustomStringConvertible {
    let appliances: [String]

    var description: String {
        "not every poll succeeded, see the log and darktrace_up of: \(appliances.joined(separator: ", "))"
    }
}
