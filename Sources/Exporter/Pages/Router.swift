package import HTTPServer

/// Which page answers which path.
package struct Router: Sendable {
    package let telemetryPath: String
    private let metrics: Handler
    private let board: ApplianceStateStore
    private let reload: Reload

    /// What `POST /-/reload` does.
    package enum Reload: Sendable {
        /// `--web.enable-lifecycle` is not given.
        case disabled
        /// Loads the configuration; nil if it was good, else its one-line error.
        case enabled(@Sendable () -> String?)
    }

    /// - Parameters:
    ///   - metrics: answers the telemetry path, whatever the method.
    ///   - board: what is known of every configured appliance.
    package init(
        telemetryPath: String, metrics: @escaping Handler, board: ApplianceStateStore, reload: Reload
    ) {
        self.telemetryPath = telemetryPath
        self.metrics = metrics
        self.board = board
        self.reload = reload
    }

    /// Answers a request; it never blocks on a poll or the ledger.
    package func respond(to request: borrowing Request) -> Response {
        switch request.path {
        case telemetryPath: metrics(request)
        case "/": page(request) { LandingPage.response(appliances: board.states, telemetryPath: telemetryPath) }
        case "/-/healthy": page(request) { Page.response("Healthy\n") }
        case "/-/ready": page(request) { ready }
        case "/-/reload": reloaded(request)
        default: Page.notFound
        }
    }

    private func page(_ request: borrowing Request, _ make: () -> Response) -> Response {
        request.method == "GET" || request.method == "HEAD" ? make() : Page.methodNotAllowed("GET, HEAD")
    }

    private var ready: Response {
        guard let name = board.firstPending else { return Page.response("Ready\n") }
        return Page.response("Not ready: the first poll of appliance \(name) has not ended yet\n", status: 503)
    }

    private func reloaded(_ request: borrowing Request) -> Response {
        guard request.method == "POST" else { return Page.methodNotAllowed("POST") }
        switch reload {
        case .disabled:
            return Page.response("Lifecycle API is not enabled; start with --web.enable-lifecycle\n", status: 403)
        case .enabled(let load):
            guard let problem = load() else { return Page.response("") }
            return Page.response("failed to reload config: \(problem)\n", status: 500)
        }
    }
}
