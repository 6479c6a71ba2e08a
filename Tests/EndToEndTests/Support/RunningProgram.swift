import Foundation
import Testing

/// One process that a test started, with what it wrote; it is ended when the test lets go of it.
final class RunningProgram: Sendable {
    let name: String
    private let child: Child
    private let record = Record()

    /// Starts a program: one of the package by its bare name, or any by its path.
    init(_ name: String, _ arguments: [String], environment: [String: String] = [:], folder: URL? = nil) throws {
        self.name = name
        var variables = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("DARKTRACE") }
        variables.merge(environment) { $1 }
        let path = name.contains("/") ? name : Self.binaries.appending(path: name).path
        child = try Child(path, arguments, environment: variables, folder: folder?.path)
        Self.read(child.errors, record) { $0.errors += $1 }
        Self.read(child.output, record) { $0.output += $1 }
        Thread { [child, record] in
            let status = child.wait()
            record.change { $0.status = status }
        }.start()
    }

    deinit {
        guard isRunning else { return }
        kill(pid, SIGKILL)
        _ = try? exitStatus()
    }

    /// Where this build's programs are: beside the test bundle.
    static let binaries: URL = {
        for bundle in Bundle.allBundles + [Bundle.main] where bundle.bundlePath.hasSuffix(".xctest") {
            return bundle.bundleURL.deletingLastPathComponent()
        }
        return URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    }()

    var pid: pid_t { child.pid }
    var isRunning: Bool { record.read { $0.status == nil } }

    /// All that it wrote to standard error so far.
    var log: String { record.read { $0.errors } }

    /// All that it wrote to standard output so far.
    var text: String { record.read { $0.output } }

    /// The first match in what is written to standard error, awaited.
    func awaitLog<Output>(_ pattern: Regex<Output>, seconds: Double = 60) throws -> Regex<Output>.Match {
        var match: Regex<Output>.Match?
        let isFound = record.await(seconds: seconds) { state in
            match = state.errors.firstMatch(of: pattern)
            return match != nil || state.openPipes == 0
        }
        guard isFound, let match else {
            throw WaitTimeout(what: "a line of \(name)", seen: String(log.suffix(4_000)))
        }
        return match
    }

    /// Sends a signal and returns how long the process took to end, in seconds.
    @discardableResult func stop(_ signal: Int32 = SIGTERM, seconds: Double = 60) throws -> Double {
        let clock = ContinuousClock()
        let start = clock.now
        if isRunning { kill(pid, signal) }
        guard record.await(seconds: seconds, { $0.status != nil }) else {
            throw WaitTimeout(what: "the end of \(name)", seen: String(log.suffix(4_000)))
        }
        return (clock.now - start) / .seconds(1)
    }

    /// Awaits the end and all output; the exit status, or the negative number of the signal that ended it.
    func exitStatus(seconds: Double = 60) throws -> Int32 {
        guard record.await(seconds: seconds, { $0.status != nil && $0.openPipes == 0 }),
            let status = record.read({ $0.status })
        else { throw WaitTimeout(what: "the end of \(name)", seen: String(log.suffix(4_000))) }
        return status
    }

    private static func read(
        _ handle: FileHandle, _ record: Record, append: @escaping @Sendable (inout Record.State, String) -> Void
    ) {
        Thread {
            while true {
                let data = handle.availableData
                record.change { state in
                    if data.isEmpty {
                        state.openPipes -= 1
                    } else {
                        append(&state, String(decoding: data, as: UTF8.self))
                    }
                }
                if data.isEmpty { return }
            }
        }.start()
    }
}

/// What is known of a process, written by its readers and awaited by its test.
private final class Record: @unchecked Sendable {
    struct State {
        var errors = ""
        var output = ""
        var openPipes = 2
        var status: Int32?
    }

    // Unchecked because the compiler cannot know that the condition guards the state.
    private let condition = NSCondition()
    private var state = State()

    func read<Value>(_ body: (State) -> Value) -> Value { condition.withLock { body(state) } }

    func change(_ body: (inout State) -> Void) {
        condition.withLock {
            body(&state)
            condition.broadcast()
        }
    }

    /// Whether `body` came true before the time was over; looked at after each change.
    func await(seconds: Double, _ body: (State) -> Bool) -> Bool {
        let deadline = Date(timeIntervalSinceNow: seconds)
        return condition.withLock {
            while !body(state) {
                if !condition.wait(until: deadline) { return body(state) }
            }
            return true
        }
    }
}

/// What a test waited for and did not get.
struct WaitTimeout: Error, CustomStringConvertible {
    let what: String
    let seen: String

    var description: String { "\(what) did not come in time; seen so far:\n\(seen)" }
}
