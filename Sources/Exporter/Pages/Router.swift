@unsafe @preconcurrency import Dispatch
package import HTTPServer
import Locking

/// Answers each path with its page.
package struct Router: Sendable {
    package let telemetryPath: String
    private let routePrefix: String
    private let metrics: Handler
    private let pages: StatusPages
    private let states: ApplianceStateStore
    private let discovery: ServiceDiscovery
    private let reload: Reload
    private static let reloads = DispatchQueue(label: "reloads")

    /// What `POST /-/reload` does.
    package enum Reload: Sendable {
        /// `--web.enable-lifecycle` is not given.
        case disabled
        /// Loads the configuration; nil on success, else its one-line error.
        case enabled(@Sendable () -> String?)
    }

    /// - Parameters:
    ///   - routePrefix: What the paths of all pages begin with: empty, or `/…` without a `/` at the end.
    ///   - metrics: answers the telemetry path, for every method.
    ///   - pages: the pages for people.
    ///   - states: the state of every configured appliance.
    package init(
        telemetryPath: String, routePrefix: String = "", metrics: @escaping Handler, pages: StatusPages,
        states: ApplianceStateStore, discovery: ServiceDiscovery, reload: Reload
    ) {
        self.telemetryPath = telemetryPath
        self.routePrefix = routePrefix
        self.metrics = metrics
        self.pages = pages
        self.states = states
        self.discovery = discovery
        self.reload = reload
    }

    /// Answers a request; it never waits for a poll or the ledger.
    package func respond(to request: borrowing Request) -> Response {
        guard request.path.hasPrefix("\(routePrefix)/") else {
            let isEntrance = request.path == "/" || request.path == routePrefix
            return isEntrance ? Page.redirect(to: "\(routePrefix)/") : Page.notFound
        }
        let path = String(request.path.dropFirst(routePrefix.count))
        // HAProxy checks its backends with OPTIONS unless it is configured otherwise.
        if request.method == "OPTIONS" {
            return Response(status: 204, headers: [("Allow", "\(allowedMethods(of: path)), OPTIONS")])
        }
        return switch path {
        case telemetryPath: metrics(request)
        case "/sd": page(request) { discovery.response(to: request) }
        case "/-/healthy": page(request) { Page.response("Healthy\n") }
        case "/-/ready": page(request) { readiness }
        case "/-/reload": reloadResponse(request)
        default: pages.response(to: path).map { response in page(request) { response } } ?? Page.notFound
        }
    }

    private func allowedMethods(of path: String) -> String { path == "/-/reload" ? "POST" : "GET, HEAD" }

    private func page(_ request: borrowing Request, _ make: () -> Response) -> Response {
        request.method == "GET" || request.method == "HEAD" ? make() : Page.methodNotAllowed("GET, HEAD")
    }

    /// The readiness probe: 503 while the first poll of an appliance is pending.
    private var readiness: Response {
        guard let name = states.firstPending else { return Page.response("Ready\n") }
        return Page.response("Not ready: the first poll of appliance \(name) has not ended yet\n", status: 503)
    }

    /// Whether a browser sent the request for a page of another site.
    ///
    /// Browsers send `Sec-Fetch-Site` or at least `Origin` with every POST; other clients send neither.
    private func isCrossOrigin(_ request: borrowing Request) -> Bool {
        if let site = request.values(of: "Sec-Fetch-Site").first { return site != "same-origin" && site != "none" }
        guard let origin = request.values(of: "Origin").first else { return false }
        let host = request.values(of: "Host").first ?? ""
        return origin.lowercased() != "http://\(host.lowercased())"
            && origin.lowercased() != "https://\(host.lowercased())"
    }

    private func reloadResponse(_ request: borrowing Request) -> Response {
        guard request.method == "POST" else { return Page.methodNotAllowed("POST") }
        guard !isCrossOrigin(request) else {
            return Page.response("Cross-origin requests cannot reload the configuration\n", status: 403)
        }
        switch reload {
        case .disabled:
            return Page.response("Lifecycle API is not enabled; start with --web.enable-lifecycle\n", status: 403)
        case .enabled(let load):
            let reloading = Reloading()
            Self.reloads.async { reloading.end(load()) }
            return .deferred(reloading.ended) { _ in
                guard let problem = reloading.problem else { return Page.response("") }
                return Page.response("failed to reload config: \(problem)\n", status: 500)
            }
        }
    }
}

/// A reload while it reads its files, which may be many or on a slow file system: scrapes do not wait for it.
private final class Reloading: Sendable {
    let ended = Wakeup()
    private let result = Locked<String?>(nil)

    var problem: String? { result.withLock { $0 } }

    func end(_ problem: String?) {
        result.withLock { $0 = problem }
        ended.fire()
    }
}

/// The headers and standard responses of every page except the metrics.
package enum Page {
    /// A page that a browser must not interpret beyond its type, and that cannot run anything.
    package static func response(
        _ text: String, status: Int = 200, type: String = "text/plain; charset=utf-8",
        headers: [(name: String, value: String)] = []
    ) -> Response {
        Response(
            status: status,
            headers: [
                ("Content-Type", type),
                ("X-Content-Type-Options", "nosniff"),
                ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
                ("Referrer-Policy", "no-referrer"),
                ("Cache-Control", "no-store"),
            ] + headers,
            body: .buffers([SharedBuffer(Array(text.utf8))]))
    }

    /// 405 with the allowed methods.
    package static func methodNotAllowed(_ allowed: String) -> Response {
        response("This page answers \(allowed) only.\n", status: 405, headers: [("Allow", allowed)])
    }

    /// 302 to a path of this server, as Prometheus answers outside of its route prefix.
    package static func redirect(to path: String) -> Response {
        response("Found\n", status: 302, headers: [("Location", path)])
    }

    /// 404 in the words of Go's net/http, as other exporters answer.
    package static var notFound: Response { response("404 page not found\n", status: 404) }
}
