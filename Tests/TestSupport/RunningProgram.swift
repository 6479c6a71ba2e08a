package import Foundation

/// A process and its output; the process is killed when the last reference to this object goes.
package final class RunningProgram: Sendable {
    package let name: String
    private let child: ChildProcess
    private let state = ProcessState()

    /// Starts a program: one of this package by its name, or any other by its path.
    package init(
        _ name: String, _ arguments: [String], environment: [String: String] = [:], directory: URL? = nil
    ) throws {
        self.name = name
        var variables = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("DARKTRACE") }
        variables.merge(environment) { $1 }
        let path = name.contains("/") ? name : Project.programs.appending(path: name).path
        child = try ChildProcess(path, arguments, environment: variables, directory: directory?.path)
        Self.read(child.errors, state) { $0.errors += $1 }
        Self.read(child.output, state) { $0.output += $1 }
        Thread { [child, state] in
            let status = child.wait()
            state.change { $0.status = status }
        }.start()
    }

    deinit {
        guard isRunning else { return }
        kill(pid, SIGKILL)
        _ = try? exitStatus()
    }

    package var pid: pid_t { child.pid }
    package var isRunning: Bool { state.read { $0.status == nil } }

    /// Standard error so far.
    package var log: String { state.read { $0.errors } }

    /// Standard output so far.
    package var text: String { state.read { $0.output } }

    /// Waits for the first match in standard error.
    package func awaitLog<Output>(_ pattern: Regex<Output>, seconds: Double = 60) throws -> Regex<Output>.Match {
        var match: Regex<Output>.Match?
        let isFound = state.await(seconds: seconds) { state in
            match = state.errors.firstMatch(of: pattern)
            return match != nil || state.openPipes == 0
        }
        guard isFound, let match else {
            throw WaitTimeout(what: "a line of \(name)", seen: String(log.suffix(4_000)))
        }
        return match
    }

    /// Sends a signal, waits for the end, and returns how long that took, in seconds.
    @discardableResult package func stop(_ signal: Int32 = SIGTERM, seconds: Double = 60) throws -> Double {
        let clock = ContinuousClock()
        let start = clock.now
        if isRunning { kill(pid, signal) }
        guard state.await(seconds: seconds, { $0.status != nil }) else {
            throw WaitTimeout(what: "the end of \(name)", seen: String(log.suffix(4_000)))
        }
        return (clock.now - start) / .seconds(1)
    }

    /// Waits for the end and all output; returns the exit status, or the negative number of the signal.
    package func exitStatus(seconds: Double = 60) throws -> Int32 {
        guard state.await(seconds: seconds, { $0.status != nil && $0.openPipes == 0 }),
            let status = state.read({ $0.status })
        else { throw WaitTimeout(what: "the end of \(name)", seen: String(log.suffix(4_000))) }
        return status
    }

    private static func read(
        _ handle: FileHandle, _ state: ProcessState,
        append: @escaping @Sendable (inout ProcessState.Value, String) -> Void
    ) {
        Thread {
            while true {
                let data = handle.availableData
                state.change { value in
                    if data.isEmpty {
                        value.openPipes -= 1
                    } else {
                        append(&value, String(decoding: data, as: UTF8.self))
                    }
                }
                if data.isEmpty { return }
            }
        }.start()
    }
}

/// Output and exit status of a process, written by its reader threads and awaited by its test.
private final class ProcessState: @unchecked Sendable {
    struct Value {
        var errors = ""
        var output = ""
        var openPipes = 2
        var status: Int32?
    }

    // Unchecked because the compiler cannot know that the condition guards the state.
    private let condition = NSCondition()
    private var value = Value()

    func read<Result>(_ body: (Value) -> Result) -> Result { condition.withLock { body(value) } }

    func change(_ body: (inout Value) -> Void) {
        condition.withLock {
            body(&value)
            condition.broadcast()
        }
    }

    /// Waits until `body` is true, evaluated after each change; false after `seconds`.
    func await(seconds: Double, _ body: (Value) -> Bool) -> Bool {
        let deadline = Date(timeIntervalSinceNow: seconds)
        return condition.withLock {
            while !body(value) {
                if !condition.wait(until: deadline) { return body(value) }
            }
            return true
        }
    }
}
