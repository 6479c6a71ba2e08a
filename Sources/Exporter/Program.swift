import Collector
import Configuration
@unsafe @preconcurrency import Dispatch
@unsafe @preconcurrency import Glibc
import Logging
import WebAuth

/// The whole program, from its arguments to its exit status.
package enum Program {
    /// The name in messages.
    package static let name = "darktrace-exporter"
    /// How long the last log lines may take at the end when standard error is not read.
    private static let flushSeconds = 0.3

    /// Runs on the main thread until the process ends.
    package static func main() -> Never {
        let signals = Signals()
        let errors = standardError()
        start(signals, errors)
        signals.wait {
            errors.write(Array("\(name): not stopped in time; the process ends now, nothing counted is lost\n".utf8))
            errors.flush(seconds: flushSeconds)
        }
    }

    /// Checks what the process needs from the system, and ends it if something is missing.
    private static func standardError() -> LogWriter {
        do {
            StartupChecks.prepare()
            try StartupChecks.run()
            return try LogWriter(FileDescriptor(STDERR_FILENO))
        } catch {
            _ = FileDescriptor(STDERR_FILENO).write(Array("\(name): \(error)\n".utf8))
            exit(1)
        }
    }

    /// Starts the task that runs the command and then ends the process.
    ///
    /// A function of its own: inlined into `main`, which never returns, it crashes the optimizer of Swift 6.3.
    @inline(never) private static func start(_ signals: Signals, _ errors: LogWriter) {
        let arguments = Array(CommandLine.arguments.dropFirst())
        let environment = environmentVariables()
        Task.detached(name: "program") {
            let status = await run(arguments, environment: environment, signals: signals, errors: errors)
            errors.flush(seconds: flushSeconds)
            exit(status)
        }
    }

    /// The environment of the process, read once, before anything changes it.
    private static func environmentVariables() -> [String: String] {
        var variables: [String: String] = [:]
        guard var entry = unsafe Optional(environ) else { return variables }
        while let text = unsafe entry.pointee {
            let variable = unsafe String(cString: text)
            unsafe entry += 1
            // As bytes: to Swift, a combining mark at the start of the value changes the equals sign.
            guard let sign = variable.utf8.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let name = String(decoding: variable.utf8[..<sign], as: UTF8.self)
            let value = String(decoding: variable.utf8[sign...].dropFirst(), as: UTF8.self)
            // Of two with one name, C finds the first.
            if variables[name] == nil { variables[name] = value }
        }
        return variables
    }

    /// Runs until a signal or an error ends it; the reason for a status of 1 is one line on standard error.
    private static func run(
        _ arguments: [String], environment: [String: String], signals: Signals, errors: LogWriter
    ) async -> Int32 {
        func printError(_ text: String) { errors.write(Array("\(name): \(text)\n".utf8)) }
        do {
            switch try Settings.load(
                arguments: arguments, environment: environment, feeds: Feeds.all.map(FeedDeclaration.init))
            {
            case .help(let text):
                signals.restoreDefaultActions()
                try StandardOutput.write(Array(text.utf8))
                return 0
            case .version:
                signals.restoreDefaultActions()
                try StandardOutput.write(Array(Build.summary(of: name).utf8))
                return 0
            case .check(let settings, let isSyntaxOnly, let warnings):
                if let path = settings.web.configFile, !isSyntaxOnly {
                    _ = try ReloadingWebConfig(path: path, now: { 0 }, report: { _ in })
                }
                for warning in warnings { printError("warning: \(warning)") }
                signals.restoreDefaultActions()
                let text =
                    "\(settings.file ?? "environment"): configuration good, "
                    + "appliances: \(settings.appliances.count)\n"
                try StandardOutput.write(Array(text.utf8))
                return 0
            case .checkAppliances(let settings, let options, let warnings):
                for warning in warnings { printError("warning: \(warning)") }
                return try await CheckCommand(settings, options, signals: signals).run() ? 0 : 1
            case .once(let settings, let warnings):
                let context = ProcessContext(settings, signals: signals, writer: errors, warnings: warnings)
                try await OnceCommand(settings, context).run()
                return 0
            case .backfill(let settings, let options, let warnings):
                let context = ProcessContext(settings, signals: signals, writer: errors, warnings: warnings)
                try await BackfillCommand(settings, options, context).run()
                return 0
            case .state(let action, let settings):
                signals.restoreDefaultActions()
                try StandardOutput.write(Array(await StateCommand(action, settings).run().utf8))
                return 0
            case .healthcheck(let web):
                let command = try HealthcheckCommand(web)
                try await signals.cancelOnStop { try await command.run() }
                return 0
            case .run(let settings, let warnings):
                signals.setForcedStatus(0)
                let context = ProcessContext(settings, signals: signals, writer: errors, warnings: warnings)
                try await ServeCommand(settings, environment: environment, context).run()
                return 0
            }
        } catch let errors as ConfigurationErrors {
            for error in errors.errors { printError("\(error)") }
            return 1
        } catch {
            printError("\(error)")
            return 1
        }
    }
}

/// What the commands use of the process.
package struct ProcessContext: Sendable {
    let logger: Logger
    let signals: Signals
    /// Warnings of the configuration, not logged yet.
    let warnings: [Warning]

    init(_ settings: Settings, signals: Signals, writer: LogWriter, warnings: [Warning]) {
        logger = Logger(settings.log, writer: writer)
        self.signals = signals
        self.warnings = warnings
    }
}

extension Logger {
    /// Logs as the settings say.
    init(_ settings: Settings.Log, writer: LogWriter) {
        self.init(level: LogLevel(settings.level), format: LogFormat(settings.format), writer: writer)
    }
}

extension LogLevel {
    fileprivate init(_ level: Settings.Log.Level) {
        switch level {
        case .debug: self = .debug
        case .info: self = .info
        case .warn: self = .warn
        case .error: self = .error
        }
    }
}

extension LogFormat {
    fileprivate init(_ format: Settings.Log.Format) {
        switch format {
        case .logfmt: self = .logfmt
        case .json: self = .json
        }
    }
}
