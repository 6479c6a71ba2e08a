import Locking

/// What libmicrohttpd's callbacks of one server need; it outlives every daemon.
final class DaemonContext: Sendable {
    let handler: Handler
    let watch: TimeoutMonitor
    let bodyLimit: Int
    /// What a new connection uses for TLS; nil speaks plain HTTP.
    let credentials: (@Sendable () -> TLSCredentials)?
    /// The first thing libmicrohttpd complained about while it started; later it is not listened to, for clients
    /// decide what it says.
    let complaint = Locked<StartupLog>(StartupLog())

    struct StartupLog {
        var isOpen = true
        var text: String?
    }

    init(
        handler: @escaping Handler, watch: TimeoutMonitor, bodyLimit: Int,
        credentials: (@Sendable () -> TLSCredentials)?
    ) {
        self.handler = handler
        self.watch = watch
        self.bodyLimit = bodyLimit
        self.credentials = credentials
    }
}
