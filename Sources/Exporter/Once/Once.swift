import Collector
package import Configuration
import Metrics

/// `once`: polls every feed once, prints what a scrape would show of the appliances, and ends.
package struct Once: Sendable {
    private let settings: Settings
    private let ground: Groundwork

    /// Opens the ledger; nothing is asked yet.
    ///
    /// - Throws: `LedgerError` for a state file that cannot be used, or the transport's error without threads or memory.
    package init(_ settings: Settings, warnings: [Warning]) async throws {
        try StandardOutput.requireOpen()
        self.settings = settings
        ground = try await Groundwork(settings, warnings: warnings)
    }

    /// Returns when every poll has succeeded and everything is printed.
    ///
    /// - Throws: `FailedPolls` after printing, `Stopped` and `OutputFailure` without, each one line when described.
    package func run() async throws {
        do {
            try await pollAndPrint()
        } catch {
            await ground.close()
            throw error
        }
        await ground.close()
    }

    private func pollAndPrint() async throws {
        let collection = ground.collection(of: settings.appliances, reporter: ground.reporter())
        let round = try await ground.signals.stopping { await collection.pollOnce(from: ground.restored) }
        ground.signals.giveBack()
        try StandardOutput.write(Exposition(ground.observations.appliances()).body(as: .text))
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
