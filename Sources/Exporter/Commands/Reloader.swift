package import Collector
package import Configuration
import Locking
package import Logging

/// Loads the configuration again while the program runs; a bad one changes nothing.
package final class Reloader: Sendable {
    /// Settings that are to be used from now on, the newest only; for one reader.
    package let changes: AsyncStream<Settings>
    private let change: AsyncStream<Settings>.Continuation
    /// An element after each reading, for the watch.
    private let reloads = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    private let state: Locked<State>
    private let environment: [String: String]
    private let logger: Logger
    private let program: ExporterMetrics
    private let clocks: Clocks
    private let changed: @Sendable () -> Void

    /// How often files are looked at: a change is used after two looks.
    private static let watchNanoseconds: Int64 = 2_000_000_000

    private struct State {
        var settings: Settings
        var watch = ConfigurationWatch()
        /// The newest content of the main file is bad, so that a former one is used.
        var isMainFileBad = false
        /// The URL of each appliance in the ledger.
        var recordedURLs: [String: String] = [:]
    }

    /// - Parameters:
    ///   - initial: the settings of the start: their flags stay, their appliances are what a reload replaces.
    ///   - changed: called after each reload, good or bad, for it shows in the metrics.
    package init(
        _ initial: Settings, environment: [String: String], logger: Logger, program: ExporterMetrics,
        clocks: Clocks, changed: @escaping @Sendable () -> Void
    ) {
        (changes, change) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        state = Locked(State(settings: initial))
        self.environment = environment
        self.logger = logger
        self.program = program
        self.clocks = clocks
        self.changed = changed
        program.setFiles(initial.files)
    }

    /// Loads the configuration now; nil if it is good and will be used, else its one-line error.
    ///
    /// A mistake in one of `appliance_files` is no error here: it is logged, and concerns that file only.
    package func reload() -> String? {
        defer { changed() }
        // One after the other: a signal and a request may come together, and the older reading must not win.
        return state.withLock { reload(&$0) }
    }

    /// Remembers the URLs of the ledger, which decide between files that have one name; nil leaves them as they are.
    package func setRecordedURLs(_ urls: [String: String]?) {
        guard let urls else { return }
        state.withLock { $0.recordedURLs = urls }
    }

    /// Reads files again when they change, until the task is cancelled; called once.
    package func watch() async {
        var reloads = reloads.stream.makeAsyncIterator()
        while !Task.isCancelled {
            guard state.withLock({ $0.settings.hasFilesToWatch }) else {
                // Without such files nothing wakes up; a reload may bring some.
                _ = await reloads.next()
                continue
            }
            let next = clocks.monotonicNanoseconds() + Self.watchNanoseconds
            guard (try? await clocks.sleep(next)) != nil else { return }
            let hasChanged = state.withLock { state in
                switch state.watch.look(state.settings) {
                case nil: return false
                case .everything: _ = reload(&state)
                case .files(let paths):
                    let (settings, warnings) = state.settings.rereading(paths)
                    use(settings, warnings, &state)
                    if paths.isEmpty { break }
                    logger.info("Reloaded appliance files", ("files", paths.sorted().joined(separator: ",")))
                }
                return true
            }
            if hasChanged { changed() }
        }
    }

    private func reload(_ state: inout State) -> String? {
        do throws(ConfigurationErrors) {
            let (settings, warnings) = try state.settings.reloaded(environment: environment)
            state.isMainFileBad = false
            let isChanged = use(settings, warnings, &state)
            program.reloaded(successfully: true, milliseconds: clocks.wallMilliseconds())
            logger.info("Reloaded configuration", ("changed", "\(isChanged)"))
            return nil
        } catch {
            program.reloaded(successfully: false, milliseconds: clocks.wallMilliseconds())
            state.isMainFileBad = true
            if let file = state.settings.file { program.setFailed(file: file) }
            for error in error.errors {
                logger.error("Error reloading config, keeping previous configuration", ("error", "\(error)"))
            }
            return "\(error)"
        }
    }

    /// Uses what was read; false if it has the same effect as before.
    @discardableResult
    private func use(_ settings: Settings, _ warnings: [Warning], _ state: inout State) -> Bool {
        let settings = settings.recognising(state.recordedURLs)
        for warning in warnings { logger.warn("Configuration warning", ("warning", "\(warning)")) }
        // Each mistake once, not again with every change of another file.
        let known = state.settings.files.flatMap(\.errors)
        Self.log(settings.files.flatMap(\.errors).filter { !known.contains($0) }, logger)
        let isChanged = settings != state.settings
        state.settings = settings
        program.setFiles(settings.files)
        if state.isMainFileBad, let file = settings.file { program.setFailed(file: file) }
        if isChanged { change.yield(settings) }
        reloads.continuation.yield()
        return isChanged
    }

    /// Logs what is wrong with files that concern their own appliances only.
    static func log(_ errors: [ConfigurationError], _ logger: Logger) {
        for error in errors { logger.error("Invalid appliance file", ("error", "\(error)")) }
    }
}
