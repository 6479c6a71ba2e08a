package import Collector
package import Configuration
import Locking
package import Logging

/// Loads the configuration again while the program runs; a bad one changes nothing.
package final class Reloader: Sendable {
    /// Settings that are to be used from now on, the newest only; for one reader.
    package let changes: AsyncStream<Settings>
    private let change: AsyncStream<Settings>.Continuation
    private let current: Locked<Settings>
    private let environment: [String: String]
    private let logger: Logger
    private let program: ExporterMetrics
    private let clocks: Clocks
    private let changed: @Sendable () -> Void

    /// - Parameters:
    ///   - initial: the settings of the start: their flags stay, their appliances are what a reload replaces.
    ///   - changed: called after each reload, good or bad, for it shows in the metrics.
    package init(
        _ initial: Settings, environment: [String: String], logger: Logger, program: ExporterMetrics,
        clocks: Clocks, changed: @escaping @Sendable () -> Void
    ) {
        (changes, change) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        current = Locked(initial)
        self.environment = environment
        self.logger = logger
        self.program = program
        self.clocks = clocks
        self.changed = changed
    }

    /// Loads the configuration now; nil if it is good and will be used, else its one-line error.
    package func reload() -> String? {
        defer { changed() }
        // One after the other: a signal and a request may come together, and the older reading must not win.
        return current.withLock { current -> String? in
            do throws(ConfigurationErrors) {
                let (settings, warnings) = try current.reloaded(environment: environment)
                for warning in warnings { logger.warn("Configuration warning", ("warning", "\(warning)")) }
                let isChanged = settings != current
                current = settings
                if isChanged { change.yield(settings) }
                program.reloaded(successfully: true, milliseconds: clocks.wallMilliseconds())
                logger.info("Reloaded configuration", ("changed", "\(isChanged)"))
                return nil
            } catch {
                program.reloaded(successfully: false, milliseconds: clocks.wallMilliseconds())
                for error in error.errors {
                    logger.error("Error reloading config, keeping previous configuration", ("error", "\(error)"))
                }
                return "\(error)"
            }
        }
    }
}
