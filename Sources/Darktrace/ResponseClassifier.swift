import Values

/// Classifies an attempt by everything that is known about it.
///
/// The text of the body takes precedence over the status, because one status has several causes: a 400 is a wrong
/// signature, a refused date or a wrong parameter.
struct ResponseClassifier {
    let result: TransportResult
    let body: BodySummary
    /// Of the request: what to do when the API user may not send it.
    var permissionHint: Hint?
    /// Of the request: what to do when the response is too large.
    var sizeHint = Hint.smaller
    /// The appliance's clock minus ours, in seconds, if the response has a date.
    let skewSeconds: Double?
    /// Texts that must not appear in a detail.
    let secrets: Redaction

    /// Nil when the response is complete, well formed and of the requested form.
    var error: APIError? {
        guard let head = result.head else {
            return result.failure.map(error(of:))
                ?? makeError(.malformed, "the response has no status line", .transport)
        }
        if let error = errorFromBody(status: head.status) { return error }
        if head.status == 200 { return bodyError }
        return errorFromStatus(head)
    }

    // MARK: By the form of the body

    private var bodyError: APIError? {
        switch body.content {
        case .tooLarge(let text): return makeError(.tooLarge, text, sizeHint)
        case .unexpectedType where body.isHTML:
            return makeError(.login, "got an HTML page instead of \(body.expected.rawValue)", .login)
        case .unexpectedType(let text), .malformed(let text):
            return makeError(.malformed, "the response is not \(body.expected.rawValue): \(text)", .transport)
        // The closing bracket proves that nothing is missing, however the connection ended.
        case .complete where result.mayBeComplete: return nil
        case .complete, .empty, .truncated: break
        }
        if let failure = result.failure { return error(of: failure) }
        switch body.content {
        case .empty: return makeError(.malformed, "the response is empty", .transport)
        default:
            return makeError(.malformed, "the response ends in the middle of \(body.expected.rawValue)", .transport)
        }
    }

    private func error(of failure: TransportError) -> APIError {
        let (reason, hint): (APIError.Reason, Hint?) =
            switch failure.kind {
            case .resolve: (.resolve, .resolve)
            case .connect: (.connect, .connect)
            case .proxy: (.proxy, .proxy)
            case .tls: (.tls, .tls)
            case .timeout: (.timeout, .slow)
            case .closed, .malformed, .rejectedBySink: (.malformed, .transport)
            case .tooLarge: (.tooLarge, sizeHint)
            case .cancelled: (.unexpected, nil)
            case .unexpected: (.unexpected, .settings)
            }
        return makeError(reason, failure.detail, failure.hint ?? hint)
    }

    // MARK: By the text of the body

    private func errorFromBody(status: Int) -> APIError? {
        // A body of the requested form has texts of its own, which prove nothing; nor does the page of a gateway.
        guard status < 500, status != 200 || body.isUnexpectedType else { return nil }
        let text = body.lowercasedPrefix
        if text.contains("api signature error") {
            return makeError(.signature, "the appliance refused the signature", .tokens)
        }
        if text.contains("api date error") {
            return makeError(.date, "the appliance refused the date\(skewDescription)", dateHint)
        }
        if text.contains("input error") {
            return makeError(.input, "the appliance refused a parameter", .report, quoting: true)
        }
        if status == 400, text.contains("http request"), text.contains("https port") {
            return makeError(.unexpected, "the server expects HTTPS on this port", .https, quoting: true)
        }
        if text.contains("please login again") || isLoginPage(text) {
            return makeError(.login, "the appliance requires a login", .login)
        }
        return nil
    }

    private func isLoginPage(_ text: String) -> Bool {
        text.contains("log in | darktrace") || text.contains("darktrace | login")
    }

    private var skewDescription: String {
        guard let skewSeconds else { return "" }
        let seconds = Int64(skewSeconds.magnitude.rounded())
        return "; its clock is \(seconds) s \(skewSeconds < 0 ? "behind" : "ahead of") ours"
    }

    /// A signature is valid for about 30 minutes, so a skew of a minute cannot be the cause.
    private var dateHint: Hint {
        switch skewSeconds?.magnitude {
        case nil: .clocksOrDateFormat
        case .some(..<60): .otherDateFormat
        case .some(1_800...): .clocks
        case .some: .clocksOrDateFormat
        }
    }

    // MARK: By status

    private func errorFromStatus(_ head: ResponseHead) -> APIError {
        switch head.status {
        case 302, 303, 307: redirectionError(head)
        case 401: makeError(.login, "status 401", .login, quoting: true)
        case 403: makeError(.permission, "status 403", .permission, quoting: true)
        case 404: makeError(.notFound, "status 404", .notFound, quoting: true)
        case 407: makeError(.proxy, "status 407: the proxy requires a user and a password", .proxy)
        case 429: makeError(.rateLimited, "status 429: too many requests", .slower)
        case 500...599: makeError(.server, "status \(head.status)", .server, quoting: true)
        case 300..<400:
            makeError(.unexpected, "status \(head.status): a redirection, which is never followed", .address)
        case 400: makeError(.unexpected, "unexpected status 400", .dateFormat, quoting: true)
        default: makeError(.unexpected, "status \(head.status)", .address, quoting: true)
        }
    }

    /// A missing permission redirects to `/403`, everything else that a token may not see to a login.
    private func redirectionError(_ head: ResponseHead) -> APIError {
        let path = (head.first("location") ?? "").prefix { $0 != "?" && $0 != "#" }
        if path == "/403" || path.hasSuffix("/403") || body.lowercasedPrefix.contains("redirecting to /403") {
            return makeError(.permission, "status \(head.status): forbidden", .permission)
        }
        return makeError(.login, "status \(head.status): redirected to a login", .login)
    }

    // MARK: Text

    private func makeError(_ reason: APIError.Reason, _ what: String, _ hint: Hint?, quoting: Bool = false) -> APIError
    {
        var detail = SanitizedText(what, limit: 300, hiding: secrets).description
        if quoting, !body.isHTML, !body.prefix.isEmpty {
            let text = String(decoding: body.prefix, as: UTF8.self).split(whereSeparator: \.isWhitespace)
            detail += ", saying \"\(SanitizedText(text.joined(separator: " "), limit: 120, hiding: secrets))\""
        }
        return APIError(
            reason, status: result.head?.status, detail,
            hint: reason.isAboutPermission ? permissionHint ?? hint : hint)
    }
}
