import Configuration
import Glibc

/// The whole program, from its arguments to its exit status.
package enum Program {
    /// The name in messages.
    package static let name = "darktrace-exporter"

    /// Runs until a signal or a mistake ends it; the reason for a status of 1 is one line on standard error.
    package static func run(arguments: [String], environment: [String: String]) async -> Int32 {
        do {
            switch try Settings.load(arguments: arguments, environment: environment) {
            case .help(let text):
                print(text, terminator: "")
                return 0
            case .version:
                print(Build.summary(of: name), terminator: "")
                return 0
            case .check(let settings, let warnings):
                if let path = settings.web.configFile {
                    _ = try ReloadingWebConfig(path: path, logger: Logger(settings.log), now: { 0 })
                }
                for warning in warnings { printError("warning: \(warning)") }
                print("\(settings.file ?? "environment"): configuration good, appliances: \(settings.appliances.count)")
                return 0
            case .checkAppliances(let settings, let warnings):
                for warning in warnings { printError("warning: \(warning)") }
                return try await CheckCommand(settings).run() ? 0 : 1
            case .once(let settings, let warnings):
                Allocator.returnLargeBlocks()
                try await OnceCommand(settings, warnings: warnings).run()
                return 0
            case .backfill(let settings, let order, let warnings):
                Allocator.returnLargeBlocks()
                try await BackfillCommand(settings, order, warnings: warnings).run()
                return 0
            case .run(let settings, let warnings):
                Allocator.returnLargeBlocks()
                try await ServeCommand(settings, environment: environment, warnings: warnings).run()
                return 0
            }
        } catch {
            printError("\(error)")
            return 1
        }
    }

    private static func printError(_ line: String) {
        Logger.writeToStandardError(Array("\(name): \(line)\n".utf8))
    }
}
