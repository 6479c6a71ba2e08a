import Configuration
package import HTTPServer
import Locking
package import Logging

/// The web configuration as it is now: read again when one of its files has changed.
///
/// Each request and each handshake asks, which costs a `stat` for each file. While something is wrong nobody gets in.
package final class ReloadingWebConfig: Sendable {
    /// Whether the listeners speak TLS; that cannot change while they run.
    package let speaksTLS: Bool
    private let path: String
    private let logger: Logger
    private let now: @Sendable () -> Int64
    private let state: Locked<State>

    private struct State {
        var reading: WebConfigSnapshot
        /// The last good one.
        var access: WebAuth
        /// What is wrong now.
        var problem: String?
        /// When it was last read, in monotonic nanoseconds.
        var readNanoseconds: Int64
    }

    /// Something may be wrong for a moment without any file changing later: too many open files.
    private static let retryAge: Int64 = 1_000_000_000

    /// Reads the file; `now` is the monotonic clock in nanoseconds.
    ///
    /// - Throws: `AccessProblem`, one line that names file and key.
    package init(
        path: String, logger: Logger, now: @escaping @Sendable () -> Int64
    ) throws(WebConfigError) {
        let reading = WebConfigSnapshot(path: path)
        let access = try Self.access(reading, path)
        speaksTLS = access.credentials != nil
        state = Locked(State(reading: reading, access: access, readNanoseconds: now()))
        self.path = path
        self.logger = logger
        self.now = now
    }

    /// Who gets in now; nil while the file cannot be used.
    package func current() -> WebAuth? {
        refreshed { $0.problem == nil ? $0.access : nil }
    }

    /// What a handshake uses now: the last that was good, for a client should at least hear that something is wrong.
    package func credentials() -> TLSCredentials? { refreshed { $0.access.credentials } }

    private func refreshed<Value: Sendable>(_ value: @Sendable (State) -> Value) -> Value {
        state.withLock { state in
            refresh(&state)
            return value(state)
        }
    }

    private func refresh(_ state: inout State) {
        let isChanged = state.reading.isStale
        let now = now()
        guard isChanged || (state.problem != nil && now - state.readNanoseconds >= Self.retryAge) else { return }
        state.reading = WebConfigSnapshot(path: path)
        state.readNanoseconds = now
        let before = state.problem
        do throws(WebConfigError) {
            let access = try Self.access(state.reading, path)
            guard (access.credentials != nil) == speaksTLS else {
                throw WebConfigError(
                    "\(path): tls_server_config cannot come or go while the program runs; restart it")
            }
            state.access = access
            state.problem = nil
            logger.info("Reloaded web configuration", ("file", path))
        } catch {
            state.problem = error.description
            guard isChanged || before != state.problem else { return }
            logger.error(
                "Invalid web configuration, answering all requests with 500", ("error", error.description))
        }
    }

    private static func access(_ reading: WebConfigSnapshot, _ path: String) throws(WebConfigError) -> WebAuth {
        do {
            return try WebAuth(try reading.outcome.get().configuration)
        } catch let error as ServerError {
            throw WebConfigError("\(path): tls_server_config: \(error)")
        } catch let errors as ConfigurationErrors {
            throw WebConfigError(errors.errors.map(\.description).joined(separator: "; "))
        } catch {
            throw WebConfigError("\(error)")
        }
    }
}

/// Why a web configuration cannot be used, in one line that holds no secret.
package struct WebConfigError: Error, Sendable, CustomStringConvertible {
    /// The file, and what is wrong with it.
    package let description: String

    init(_ description: String) { self.description = description }
}
