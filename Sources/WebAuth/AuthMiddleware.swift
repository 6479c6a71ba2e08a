import Crypto
package import HTTPServer

/// Basic authentication, a limit of the rate and extra headers for every page, as exporter-toolkit does it.
///
/// Health is included unless it is among the open paths: a probe of an orchestrator often cannot send a password.
package struct AuthMiddleware: Sendable {
    private let config: ReloadingWebConfig
    private let verifier: BcryptVerifier
    private let openPaths: Set<String>
    private let next: Handler
    private let errorPage: @Sendable (_ status: Int, _ text: String) -> Response
    private let onDenied: @Sendable (_ path: String, _ status: Int) -> Void

    /// - Parameters:
    ///   - config: the users and headers.
    ///   - openPaths: answered without a password; limit, headers and a broken configuration concern them too.
    ///   - next: handles requests that are allowed.
    ///   - errorPage: makes a response without content of the exporter.
    ///   - onDenied: called with the path and status of every other response.
    /// - Throws: `CryptoError` when the system has no randomness.
    package init(
        _ config: ReloadingWebConfig, openPaths: Set<String> = [], next: @escaping Handler,
        errorPage: @escaping @Sendable (_ status: Int, _ text: String) -> Response,
        onDenied: @escaping @Sendable (_ path: String, _ status: Int) -> Void
    ) throws {
        self.config = config
        verifier = try BcryptVerifier()
        self.openPaths = openPaths
        self.next = next
        self.errorPage = errorPage
        self.onDenied = onDenied
    }

    /// Handles a request; the first check of a password suspends the connection.
    package func respond(to request: borrowing Request) -> Response {
        guard let access = config.current() else {
            onDenied(request.path, 500)
            return errorPage(500, "Internal Server Error\n")
        }
        if access.users.isEmpty {
            return isLimited(request, access) ? tooMany(request, access) : allowed(request, access)
        }
        let credentials = request.values(of: "Authorization").first.flatMap(BasicCredentials.init)
        let isKnown = credentials.map { verifier.isKnown($0, users: access.users) } ?? false
        if isLimited(request, access, isAuthenticated: isKnown) { return tooMany(request, access) }
        if openPaths.contains(request.path) { return allowed(request, access) }
        guard let credentials else { return unauthorized(request, access) }
        switch verifier.verify(credentials, users: access.users, client: request.clientNetwork) {
        case .known(let isRight): return isRight ? allowed(request, access) : unauthorized(request, access)
        case .pending(let check, let wakeup):
            return .deferred(wakeup) { request in
                switch check.verdict {
                case true: allowed(request, access)
                case false: unauthorized(request, access)
                case nil: overloaded(request, access)
                }
            }
        }
    }

    private func isLimited(
        _ request: borrowing Request, _ access: WebAccess, isAuthenticated: Bool = false
    ) -> Bool {
        guard let limits = access.limits else { return false }
        return !limits.allow(client: request.clientNetwork, isAuthenticated: isAuthenticated, at: config.now())
    }

    private func tooMany(_ request: borrowing Request, _ access: WebAccess) -> Response {
        denied(
            request, access, 429, "Too Many Requests\n", ("Retry-After", "\(access.limits?.retrySeconds ?? 1)"))
    }

    private func allowed(_ request: borrowing Request, _ access: WebAccess) -> Response {
        withHeaders(next(request), access)
    }

    private func unauthorized(_ request: borrowing Request, _ access: WebAccess) -> Response {
        denied(request, access, 401, "Unauthorized\n", ("WWW-Authenticate", "Basic"))
    }

    private func overloaded(_ request: borrowing Request, _ access: WebAccess) -> Response {
        denied(request, access, 503, "Too many passwords are being checked, try again later.\n", ("Retry-After", "5"))
    }

    private func denied(
        _ request: borrowing Request, _ access: WebAccess, _ status: Int, _ text: String,
        _ header: (name: String, value: String)
    ) -> Response {
        onDenied(request.path, status)
        var response = errorPage(status, text)
        response.headers.append(header)
        return withHeaders(response, access)
    }

    private func withHeaders(_ response: Response, _ access: WebAccess) -> Response {
        guard !access.headers.isEmpty else { return response }
        var response = response
        // The headers of a response that comes later are not known yet.
        if case .deferred(let wakeup, let then) = response.body {
            response.body = .deferred(wakeup) { [self] request in withHeaders(then(request), access) }
            return response
        }
        response.headers.removeAll { own in access.headers.contains { $0.name == own.name } }
        response.headers += access.headers
        return response
    }
}

/// The name and password of a request (RFC 7617).
struct BasicCredentials {
    let user: String
    let password: [UInt8]

    init(user: String, password: [UInt8]) {
        self.user = user
        self.password = password
    }

    /// Reads the value of `Authorization`; nil for another scheme or malformed content.
    init?(_ value: String) {
        let parts = value.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "basic",
            let bytes = base64Decoded(String(parts[1])), let colon = bytes.firstIndex(of: UInt8(ascii: ":"))
        else { return nil }
        user = String(decoding: bytes[..<colon], as: UTF8.self)
        password = Array(bytes[(colon + 1)...])
    }
}
