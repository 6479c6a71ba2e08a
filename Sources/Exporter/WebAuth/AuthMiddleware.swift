import Crypto
package import HTTPServer

/// Stands before every page, health included, as exporter-toolkit does it.
package struct AuthMiddleware: Sendable {
    private let file: ReloadingWebConfig
    private let checks: BcryptVerifier
    private let next: Handler
    private let onDenied: @Sendable (_ path: String, _ status: Int) -> Void

    /// - Parameters:
    ///   - file: who gets in.
    ///   - inside: answers whoever got in.
    ///   - turnedAway: is told of every other answer.
    /// - Throws: `CryptoError`, when the system has no randomness.
    package init(
        _ file: ReloadingWebConfig, inside: @escaping Handler,
        turnedAway: @escaping @Sendable (_ path: String, _ status: Int) -> Void
    ) throws {
        self.file = file
        checks = try BcryptVerifier()
        self.next = inside
        self.onDenied = turnedAway
    }

    /// Answers a request; the first check of a password suspends the connection.
    package func respond(to request: borrowing Request) -> Response {
        guard let access = file.current() else {
            onDenied(request.path, 500)
            return Page.response("Internal Server Error\n", status: 500)
        }
        guard !access.users.isEmpty else { return answer(request, access) }
        guard let given = request.values(of: "Authorization").first.flatMap(BasicCredentials.init) else {
            return refusal(request, access)
        }
        switch checks.answer(to: given, users: access.users) {
        case .known(let isRight): return isRight ? answer(request, access) : refusal(request, access)
        case .pending(let check, let delay):
            return .deferred(delay) { request in
                check.verdict == true ? answer(request, access) : refusal(request, access)
            }
        }
    }

    private func answer(_ request: borrowing Request, _ access: WebAuth) -> Response {
        withHeaders(next(request), access)
    }

    private func refusal(_ request: borrowing Request, _ access: WebAuth) -> Response {
        onDenied(request.path, 401)
        return withHeaders(
            Page.response("Unauthorized\n", status: 401, headers: [("WWW-Authenticate", "Basic")]), access)
    }

    private func withHeaders(_ response: Response, _ access: WebAuth) -> Response {
        guard !access.headers.isEmpty else { return response }
        var response = response
        response.headers.removeAll { own in access.headers.contains { $0.name == own.name } }
        response.headers += access.headers
        return response
    }
}
