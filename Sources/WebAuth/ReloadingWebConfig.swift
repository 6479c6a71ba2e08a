import Configuration
package import HTTPServer
import Locking

/// The current web configuration; read again when one of its files has changed.
///
/// Every request and handshake checks for changes, at the cost of a `stat` for each file. While the configuration is
/// invalid no request is allowed.
package final class ReloadingWebConfig: Sendable {
    /// Whether the listeners use TLS; this cannot change while they run.
    package let usesTLS: Bool
    private let path: String
    /// The monotonic clock in nanoseconds.
    let now: @Sendable () -> Int64
    private let report: @Sendable (Event) -> Void
    private let state: Locked<State>

    /// A result of reading the configuration again.
    package enum Event: Sendable, Equatable {
        /// The new configuration is used.
        case reloaded
        /// The new configuration is invalid; all requests are answered with 500.
        case invalid(error: String)
        /// The new configuration would allow everybody in; the previous one stays in use.
        case keptUsers(error: String)
    }

    private struct State {
        var snapshot: WebConfigSnapshot
        /// The last valid configuration.
        var access: WebAccess
        /// Why the current configuration is invalid.
        var error: String?
        /// When it was last read, in monotonic nanoseconds.
        var readNanoseconds: Int64
    }

    /// An invalid configuration is read again after a second: too many open files, for example, pass without a change.
    private static let retryNanoseconds: Int64 = 1_000_000_000

    /// Reads the configuration.
    ///
    /// - Parameters:
    ///   - now: the monotonic clock in nanoseconds.
    ///   - report: called when the configuration was read again.
    /// - Throws: `WebConfigError`, one line with file and key.
    package init(
        path: String, now: @escaping @Sendable () -> Int64, report: @escaping @Sendable (Event) -> Void
    ) throws(WebConfigError) {
        let snapshot = WebConfigSnapshot(path: path)
        let access = try Self.access(snapshot, path)
        usesTLS = access.credentials != nil
        state = Locked(State(snapshot: snapshot, access: access, readNanoseconds: now()))
        self.path = path
        self.now = now
        self.report = report
    }

    /// The current users and headers; nil while the configuration is invalid.
    func current() -> WebAccess? {
        refreshed { $0.error == nil ? $0.access : nil }
    }

    /// The credentials for new connections; those of the last valid configuration, so that clients can at least read
    /// an error.
    package func credentials() -> TLSCredentials? { refreshed { $0.access.credentials } }

    private func refreshed<Value: Sendable>(_ value: @Sendable (State) -> Value) -> Value {
        state.withLock { state in
            if let event = refresh(&state) { report(event) }
            return value(state)
        }
    }

    /// Reads the configuration again if needed.
    ///
    /// - Returns: what to report; nil if nothing changed.
    private func refresh(_ state: inout State) -> Event? {
        let isChanged = state.snapshot.isStale
        let now = now()
        guard isChanged || (state.error != nil && now - state.readNanoseconds >= Self.retryNanoseconds) else {
            return nil
        }
        state.snapshot = WebConfigSnapshot(path: path)
        state.readNanoseconds = now
        let previousError = state.error
        do throws(WebConfigError) {
            let access = try Self.access(state.snapshot, path)
            guard (access.credentials != nil) == usesTLS else {
                throw WebConfigError(
                    "\(path): tls_server_config cannot be added or removed while the program runs; restart it")
            }
            state.error = nil
            if access.users.isEmpty, !state.access.users.isEmpty, !access.allowsNoUsers {
                return .keptUsers(
                    error: "\(path): basic_auth_users is missing; write basic_auth_users: {} to allow all clients")
            }
            state.access = access
            return .reloaded
        } catch {
            state.error = error.description
            return isChanged || previousError != state.error ? .invalid(error: error.description) : nil
        }
    }

    private static func access(_ snapshot: WebConfigSnapshot, _ path: String) throws(WebConfigError) -> WebAccess {
        do {
            return try WebAccess(try snapshot.outcome.get().configuration)
        } catch let error as ServerError {
            throw WebConfigError("\(path): tls_server_config: \(error)")
        } catch let errors as ConfigurationErrors {
            throw WebConfigError(errors.errors.map(\.description).joined(separator: "; "))
        } catch {
            throw WebConfigError("\(error)")
        }
    }
}

/// A valid web configuration in the form that requests and handshakes use.
struct WebAccess: Sendable {
    /// The bcrypt hash of each user; empty allows all clients.
    let users: [String: Secret]
    /// Whether it may replace a configuration with users although it has none.
    let allowsNoUsers: Bool
    /// The rate of requests; nil for no limit.
    let limits: RequestLimits?
    /// Added to every response, replacing its own headers of the same name.
    let headers: [(name: String, value: String)]
    /// The credentials of new connections; nil for plain HTTP.
    let credentials: TLSCredentials?

    /// Throws `ServerError` when the certificates are not usable.
    init(_ configuration: WebConfiguration) throws(ServerError) {
        users = configuration.users
        allowsNoUsers = configuration.declaresNoUsers || configuration.tls?.clientAuth == .requireAndVerify
        limits = configuration.rateLimit.map(RequestLimits.init)
        headers = configuration.headers.map { ($0.name, $0.value) }
        credentials = if let tls = configuration.tls { try TLSCredentials(TLSSettings(tls)) } else { nil }
    }
}

/// Why a web configuration is not usable, in one line without secrets.
package struct WebConfigError: Error, Sendable, CustomStringConvertible {
    /// The file and the error.
    package let description: String

    init(_ description: String) { self.description = description }
}
