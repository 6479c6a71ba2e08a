/// Judges a try by everything that came of it.
///
/// The text of the body comes before the status, because one status stands for several refusals: a 400 is a wrong
/// signature, a refused date or a wrong parameter.
struct ResponseClassifier {
    let exchange: TransportResult
    let body: BodySummary
    /// Of the request: what to do when it is refused by right, path or parameter.
    var hint: Hint?
    /// The appliance's clock minus ours, in seconds, as far as the answer told it.
    let skewSeconds: Double?
    /// Texts that must not appear in a detail.
    let secrets: [String]

    /// Nil when the answer is what was asked for, and arrived whole and well formed.
    var refusal: APIError? {
        guard let head = exchange.head else {
            return exchange.failure.map(refusal(of:))
                ?? makeError(.malformed, "the answer has no status line", .transport)
        }
        if let refused = errorFromBody(status: head.status) { return refused }
        if head.status == 200 { return bodyError }
        return errorFromStatus(head)
    }

    // MARK: By what the body is

    private var bodyError: APIError? {
        switch body.content {
        case .tooLarge(let text): return makeError(.tooLarge, text, .smaller)
        case .foreign where body.isHTML:
            return makeError(.login, "a page came in place of \(body.expected.rawValue)", .login)
        case .foreign(let text), .malformed(let text):
            return makeError(.malformed, "the answer is not what was asked for: \(text)", .transport)
        case .complete, .empty, .truncated: break
        }
        if let failure = exchange.failure { return refusal(of: failure) }
        switch body.content {
        case .empty: return makeError(.malformed, "the answer is empty", .transport)
        case .truncated:
            return makeError(.malformed, "the answer ends in the middle of \(body.expected.rawValue)", .transport)
        default: return nil
        }
    }

    private func refusal(of failure: TransportError) -> APIError {
        switch failure.kind {
        case .resolve: makeError(.resolve, failure.detail, .resolve)
        case .connect: makeError(.connect, failure.detail, .connect)
        case .proxy: makeError(.proxy, failure.detail, .proxy)
        case .tls: makeError(.tls, failure.detail, .tls)
        case .timeout: makeError(.timeout, failure.detail, .slow)
        case .malformed: makeError(.malformed, failure.detail, .transport)
        case .tooLarge: makeError(.tooLarge, failure.detail, .smaller)
        case .rejectedBySink: makeError(.malformed, "the answer was given up: \(failure.detail)", .transport)
        case .cancelled: makeError(.unexpected, "the try was cancelled", .none)
        case .unexpected: makeError(.unexpected, failure.detail, .settings)
        }
    }

    // MARK: By what the body says

    private func errorFromBody(status: Int) -> APIError? {
        // What was asked for has texts of its own, which prove nothing; nor does the page of a gateway.
        guard status < 500, status != 200 || body.isUnexpectedType else { return nil }
        let words = body.lowercasedPrefix
        if words.contains("api signature error") {
            return makeError(.signature, "the appliance refused the signature", .tokens)
        }
        if words.contains("api date error") {
            return makeError(.date, "the appliance refused the date\(skewInWords)", .clock)
        }
        if words.contains("input error") {
            return makeError(.input, "the appliance refused a parameter", .report, quoting: true)
        }
        if words.contains("please login again") || isLoginPage(words) {
            return makeError(.login, "the appliance wants a login", .login)
        }
        return nil
    }

    private func isLoginPage(_ words: String) -> Bool {
        words.contains("log in | darktrace") || words.contains("darktrace | login")
    }

    private var skewInWords: String {
        guard let skewSeconds else { return "" }
        let seconds = Int64(skewSeconds.magnitude.rounded())
        return "; its clock is \(seconds) s \(skewSeconds < 0 ? "behind" : "ahead of") ours"
    }

    // MARK: By status

    private func errorFromStatus(_ head: ResponseHead) -> APIError {
        switch head.status {
        case 302, 303, 307: redirection(head)
        case 401: makeError(.login, "status 401", .login, quoting: true)
        case 403: makeError(.permission, "status 403", .permission, quoting: true)
        case 404: makeError(.notFound, "status 404", .address, quoting: true)
        case 407: makeError(.proxy, "status 407: the proxy wants a user and a password", .proxy)
        case 429: makeError(.rateLimited, "status 429: too many requests", .slower)
        case 500...599: makeError(.server, "status \(head.status)", .server, quoting: true)
        case 300..<400:
            makeError(.unexpected, "status \(head.status): a redirection, which is never followed", .address)
        case 400: makeError(.unexpected, "status 400 for no reason known", .dateFormat, quoting: true)
        default: makeError(.unexpected, "status \(head.status)", .address, quoting: true)
        }
    }

    /// A missing permission sends to `/403`, everything else that a token may not see to a login.
    private func redirection(_ head: ResponseHead) -> APIError {
        let path = (head.first("location") ?? "").prefix { $0 != "?" && $0 != "#" }
        if path == "/403" || path.hasSuffix("/403") || body.lowercasedPrefix.contains("redirecting to /403") {
            return makeError(.permission, "status \(head.status): forbidden", .permission)
        }
        return makeError(.login, "status \(head.status): sent to a login", .login)
    }

    // MARK: In words

    private func makeError(_ reason: APIError.Reason, _ what: String, _ usual: Hint, quoting: Bool = false) -> APIError
    {
        let advice = reason.isAboutRequest ? self.hint ?? usual : usual
        var detail = SanitizedText(what, limit: 300, hiding: secrets).description
        if quoting, !body.isHTML, !body.prefix.isEmpty {
            let text = String(decoding: body.prefix, as: UTF8.self).split(whereSeparator: \.isWhitespace)
            detail += ", saying \"\(SanitizedText(text.joined(separator: " "), limit: 120, hiding: secrets))\""
        }
        return APIError(reason, advice == .none ? detail : "\(detail); \(advice.rawValue)")
    }
}

extension APIError.Reason {
    /// Another request of the same user may well be answered.
    package var isAboutRequest: Bool {
        switch self {
        case .permission, .login, .notFound, .input, .tooLarge: true
        default: false
        }
    }
}
