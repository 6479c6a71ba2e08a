/// Judges a try by everything that came of it.
///
/// The text of the body comes before the status, because one status stands for several refusals: a 400 is a wrong
/// signature, a refused date or a wrong parameter.
struct Verdict {
    let exchange: Exchange
    let body: AnswerBody
    /// Of the request: what to do when it is refused by right, path or parameter.
    var advice: Advice?
    /// The appliance's clock minus ours, in seconds, as far as the answer told it.
    let skewSeconds: Double?
    /// Texts that must not appear in a detail.
    let secrets: [String]

    /// Nil when the answer is what was asked for, and arrived whole and well formed.
    var refusal: Refusal? {
        guard let head = exchange.head else {
            return exchange.failure.map(refusal(of:)) ?? say(.malformed, "the answer has no status line", .transport)
        }
        if let refused = refusalByWords(status: head.status) { return refused }
        if head.status == 200 { return contentRefusal }
        return refusalByStatus(head)
    }

    // MARK: By what the body is

    private var contentRefusal: Refusal? {
        switch body.content {
        case .tooLarge(let text): return say(.tooLarge, text, .smaller)
        case .foreign where body.isPage: return say(.login, "a page came in place of \(body.wanted.rawValue)", .login)
        case .foreign(let text), .malformed(let text):
            return say(.malformed, "the answer is not what was asked for: \(text)", .transport)
        case .complete, .empty, .cut: break
        }
        if let failure = exchange.failure { return refusal(of: failure) }
        switch body.content {
        case .empty: return say(.malformed, "the answer is empty", .transport)
        case .cut: return say(.malformed, "the answer ends in the middle of \(body.wanted.rawValue)", .transport)
        default: return nil
        }
    }

    private func refusal(of failure: TransportFailure) -> Refusal {
        switch failure.kind {
        case .resolve: say(.resolve, failure.detail, .resolve)
        case .connect: say(.connect, failure.detail, .connect)
        case .proxy: say(.proxy, failure.detail, .proxy)
        case .tls: say(.tls, failure.detail, .tls)
        case .timeout: say(.timeout, failure.detail, .slow)
        case .malformed: say(.malformed, failure.detail, .transport)
        case .tooLarge: say(.tooLarge, failure.detail, .smaller)
        case .refused: say(.malformed, "the answer was given up: \(failure.detail)", .transport)
        case .cancelled: say(.unexpected, "the try was cancelled", .none)
        case .unexpected: say(.unexpected, failure.detail, .settings)
        }
    }

    // MARK: By what the body says

    private func refusalByWords(status: Int) -> Refusal? {
        // What was asked for has texts of its own, which prove nothing; nor does the page of a gateway.
        guard status < 500, status != 200 || body.isForeign else { return nil }
        let words = body.words
        if words.contains("api signature error") {
            return say(.signature, "the appliance refused the signature", .tokens)
        }
        if words.contains("api date error") {
            return say(.date, "the appliance refused the date\(skewInWords)", .clock)
        }
        if words.contains("input error") {
            return say(.input, "the appliance refused a parameter", .report, quoting: true)
        }
        if words.contains("please login again") || isLoginPage(words) {
            return say(.login, "the appliance wants a login", .login)
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

    private func refusalByStatus(_ head: AnswerHead) -> Refusal {
        switch head.status {
        case 302, 303, 307: redirection(head)
        case 401: say(.login, "status 401", .login, quoting: true)
        case 403: say(.permission, "status 403", .permission, quoting: true)
        case 404: say(.notFound, "status 404", .address, quoting: true)
        case 407: say(.proxy, "status 407: the proxy wants a user and a password", .proxy)
        case 429: say(.rateLimited, "status 429: too many requests", .slower)
        case 500...599: say(.server, "status \(head.status)", .server, quoting: true)
        case 300..<400: say(.unexpected, "status \(head.status): a redirection, which is never followed", .address)
        case 400: say(.unexpected, "status 400 for no reason known", .dateFormat, quoting: true)
        default: say(.unexpected, "status \(head.status)", .address, quoting: true)
        }
    }

    /// A missing permission sends to `/403`, everything else that a token may not see to a login.
    private func redirection(_ head: AnswerHead) -> Refusal {
        let path = (head.first("location") ?? "").prefix { $0 != "?" && $0 != "#" }
        if path == "/403" || path.hasSuffix("/403") || body.words.contains("redirecting to /403") {
            return say(.permission, "status \(head.status): forbidden", .permission)
        }
        return say(.login, "status \(head.status): sent to a login", .login)
    }

    // MARK: In words

    private func say(_ reason: Refusal.Reason, _ what: String, _ usual: Advice, quoting: Bool = false) -> Refusal {
        let advice = reason.isAboutRequest ? self.advice ?? usual : usual
        var detail = SafeLine(what, limit: 300, hiding: secrets).description
        if quoting, !body.isPage, !body.beginning.isEmpty {
            let text = String(decoding: body.beginning, as: UTF8.self).split(whereSeparator: \.isWhitespace)
            detail += ", saying \"\(SafeLine(text.joined(separator: " "), limit: 120, hiding: secrets))\""
        }
        return Refusal(reason, advice == .none ? detail : "\(detail); \(advice.rawValue)")
    }
}

extension Refusal.Reason {
    /// Another request of the same user may well be answered.
    package var isAboutRequest: Bool {
        switch self {
        case .permission, .login, .notFound, .input, .tooLarge: true
        default: false
        }
    }
}
