import Darktrace
import Testing

@Suite struct ClientTests {
    /// A response, and the expected reason.
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let status: Int?
        let body: String
        var headers: [(String, String)] = []
        var failure: TransportError.Kind?
        let reason: APIError.Reason?

        var testDescription: String { name }
    }

    static let page = "<!DOCTYPE html>\n<html><head><title>Log In | Darktrace</title></head></html>"
    static let cases: [Case] = [
        Case(
            name: "wrong signature", status: 400, body: "{\n  \"modelbreaches\": \"API SIGNATURE ERROR\"\n}",
            reason: .signature),
        Case(
            name: "wrong signature for status", status: 400, body: "{\n  \"status\": \"API SIGNATURE ERROR\"\n}",
            reason: .signature),
        Case(name: "date refused", status: 400, body: "{\n  \"tags\": \"API DATE ERROR\"\n}", reason: .date),
        Case(
            name: "bad parameter", status: 400, body: "{\n  \"summarystatistics\": \"INPUT ERROR\"\n}", reason: .input),
        Case(name: "400 with an empty body", status: 400, body: "", reason: .unexpected),
        Case(name: "400 with other words", status: 400, body: "{\"error\":\"no\"}", reason: .unexpected),
        Case(
            name: "no credentials, cloud", status: 302, body: "",
            headers: [("location", "https://activeai.darktrace.com/redirect?to=/403")], reason: .login),
        Case(name: "no credentials, older", status: 302, body: "Found. Redirecting to /login", reason: .login),
        Case(
            name: "session-only endpoint on 7.1", status: 302, body: "{\"error\":\"Please login again\"}",
            reason: .login),
        Case(name: "no permission, redirected", status: 302, body: "Found. Redirecting to /403", reason: .permission),
        Case(
            name: "no permission, by location", status: 302, body: "", headers: [("location", "/403")],
            reason: .permission),
        Case(
            name: "no permission, by whole location", status: 302, body: "",
            headers: [("location", "https://10.0.0.5/403?from=x")], reason: .permission),
        Case(name: "no permission, 403", status: 403, body: "{ \"error\": \"403 Forbidden\" }", reason: .permission),
        Case(name: "401", status: 401, body: "", reason: .login),
        Case(name: "not found", status: 404, body: "{\"error\":\"not found\"}", reason: .notFound),
        Case(name: "rate limited", status: 429, body: "", reason: .rateLimited),
        Case(name: "proxy authentication", status: 407, body: "", reason: .proxy),
        Case(name: "500", status: 500, body: "", reason: .server),
        Case(name: "502 of a gateway", status: 502, body: "<html>502 Bad Gateway</html>", reason: .server),
        Case(name: "504 as text", status: 504, body: "Gateway Timeout", reason: .server),
        Case(name: "503 that was cut", status: 503, body: "<ht", failure: .malformed, reason: .server),
        Case(name: "a page with 200", status: 200, body: page, reason: .login),
        Case(name: "a page after a byte order mark", status: 200, body: "\u{FEFF}\n<html>", reason: .login),
        Case(
            name: "please login again with 200", status: 200, body: "{\"error\":\"Please login again\"}", reason: .login
        ),
        Case(
            name: "signature error with 200", status: 200, body: "{\"x\":\"API SIGNATURE ERROR\"}", reason: .signature),
        Case(name: "one object", status: 200, body: "{\"pbid\":1,\"time\":1000}", reason: .malformed),
        Case(name: "text with 200", status: 200, body: "OK", reason: .malformed),
        Case(name: "empty body", status: 200, body: "", reason: .malformed),
        Case(name: "white space only", status: 200, body: " \n", reason: .malformed),
        Case(name: "cut list", status: 200, body: "[{\"pbid\":1,\"time\":1000}", reason: .malformed),
        Case(name: "cut by the transport", status: 200, body: "[{\"pbid\"", failure: .malformed, reason: .malformed),
        Case(name: "whole list, broken transport", status: 200, body: "[]", failure: .timeout, reason: .timeout),
        Case(name: "something after the list", status: 200, body: "[]x", reason: .malformed),
        Case(
            name: "a name that looks like an error", status: 200,
            body: "[{\"pbid\":1,\"time\":1,\"model\":{\"name\":\"API DATE ERROR\"}}]", reason: nil),
        Case(name: "empty list", status: 200, body: "[]", reason: nil),
        Case(name: "301", status: 301, body: "", headers: [("location", "https://elsewhere/")], reason: .unexpected),
        Case(name: "204", status: 204, body: "", reason: .unexpected),
        Case(name: "no answer, no reason", status: nil, body: "", reason: .malformed),
        Case(name: "resolve", status: nil, body: "", failure: .resolve, reason: .resolve),
        Case(name: "connect", status: nil, body: "", failure: .connect, reason: .connect),
        Case(name: "proxy", status: nil, body: "", failure: .proxy, reason: .proxy),
        Case(name: "tls", status: nil, body: "", failure: .tls, reason: .tls),
        Case(name: "timeout", status: nil, body: "", failure: .timeout, reason: .timeout),
        Case(name: "malformed", status: nil, body: "", failure: .malformed, reason: .malformed),
        Case(name: "inflation", status: 200, body: "[", failure: .tooLarge, reason: .tooLarge),
        Case(name: "unexpected", status: nil, body: "", failure: .unexpected, reason: .unexpected),
        Case(name: "cancelled", status: nil, body: "", failure: .cancelled, reason: .unexpected),
    ]

    @Test(arguments: cases) func `a response is classified by what it says`(one: Case) async {
        for pieceSize in [16_384, 1] {
            let attempt = await ask(
                ScriptedTransport(
                    one.status, one.body, headers: one.headers,
                    failure: one.failure.map { TransportError($0, "as libcurl says") }, pieceSize: pieceSize))
            #expect(attempt.error?.reason == one.reason)
            #expect(attempt.isCancelled == (one.failure == .cancelled))
            let detail = attempt.error?.detail ?? "nothing"
            #expect(!detail.isEmpty && !detail.contains("\n"))
        }
    }

    @Test func `every reason occurs`() {
        #expect(Set(Self.cases.compactMap(\.reason)) == Set(APIError.Reason.allCases))
    }

    @Test func `a request carries one signature for its target, a user agent and nothing else`() async throws {
        let transport = ScriptedTransport(200, "[]")
        let attempt = await ask(transport)
        let request = try #require(transport.requests.first)
        #expect(attempt.path == "/modelbreaches")
        #expect(request.timeout == 30)
        #expect(
            request.headers.map(\.name) == ["DTAPI-Token", "DTAPI-Date", "DTAPI-Signature", "User-Agent", "Accept"])
        #expect(request.headers[1].value == "2026-01-15 09:30:00")
        let signature = try Signature.hexadecimal(
            target: request.target,
            credentials: Credentials(publicToken: "public-token", privateToken: "private-token"),
            date: "2026-01-15 09:30:00")
        #expect(request.headers[2].value == signature)
        #expect(request.headers[3].value == "tests/1")
    }

    @Test func `tokens and signature show in no detail, even if the response repeats them`() async throws {
        let first = ScriptedTransport(200, "[]")
        _ = await ask(first)
        let signature = try #require(first.requests.first?.headers[2].value)
        let body = "{\"got\":\"private-token public-token \(signature)\"}"
        for status in [400, 403, 404, 500] {
            let detail = await ask(ScriptedTransport(status, body)).error?.detail ?? ""
            #expect(detail.contains("<hidden> <hidden> <hidden>"))
            #expect(!detail.contains("private-token") && !detail.contains(signature))
        }
        // To Swift, an accent makes another character of the last letter.
        for joined in ["private-token\u{301}", "\u{301}public-token\u{301}"] {
            let detail = await ask(ScriptedTransport(400, "{\"got\": \"\(joined)\"}")).error?.detail ?? ""
            let plain = String(decoding: detail.utf8.filter { $0 < 0x80 }, as: UTF8.self)
            #expect(plain.contains("<hidden>") && !plain.contains("token"), "\(plain)")
        }
        let failure = TransportError(.unexpected, "private-token")
        #expect(await ask(ScriptedTransport(nil, failure: failure)).error?.detail.contains("private-token") == false)
    }

    @Test func `a detail is one short line whatever the response says`() async {
        let body = "\u{1B}[31m\r\nhello \u{202E}\u{0}" + String(repeating: "y", count: 10_000)
        let detail = await ask(ScriptedTransport(500, body)).error?.detail ?? ""
        #expect(detail.count < 400)
        #expect(detail.contains("\\u{1b}[31m hello \\u{202e}\\u{0}yyy"))
        #expect(detail.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x202E })
    }

    @Test func `the consumer of the records can end the response`() async {
        let collected = RecordCollector()
        let body = "[" + String(repeating: "{\"pbid\":1,\"time\":1000},", count: 99) + "{}]"
        let attempt = await ask(ScriptedTransport(200, body), into: collected, limit: 10)
        #expect(attempt.error?.reason == .tooLarge)
        #expect(collected.all.count == 10)
    }

    @Test func `a response that is too large is requested in narrower windows only where there are any`() {
        func status(_ response: GaugeResponse) -> GaugeRequest<Bool> {
            GaugeRequest(path: "/status", response: response) { _ in true }
        }
        let fixed = [status(.object(maxBytes: 1)).sizeHint, SingleModelBreachRequest(id: 1).sizeHint]
        #expect(fixed.allSatisfy { "\($0)".hasPrefix("this request has no narrower window") })
        let narrowed = [
            status(.list).sizeHint, ModelBreachesRequest(startMilliseconds: 0, endMilliseconds: 1).sizeHint,
        ]
        #expect(narrowed.allSatisfy { "\($0)" == "the next poll requests a narrower window" })
    }

    @Test func `a record that is too large is unreadable, and the others count`() async {
        let collected = RecordCollector()
        let large = "{\"pbid\":2,\"time\":1000,\"a\":\"" + String(repeating: "x", count: 1 << 20) + "\"}"
        let body = "[{\"pbid\":1,\"time\":1000},\(large),{\"pbid\":3,\"time\":1000}]"
        #expect(await ask(ScriptedTransport(200, body), into: collected).error == nil)
        #expect(collected.breaches.map(\.id) == [1, 3])
        let problems = collected.all.compactMap { result in
            if case .failure(let problem) = result { problem.kind } else { nil }
        }
        #expect(problems == [.tooLarge])
    }

    @Test func `a record that never ends does not count, nor does anything before it`() async {
        let body = "[{\"pbid\":1,\"time\":1000},{\"a\":\"" + String(repeating: "x", count: 2 << 20)
        #expect(await ask(ScriptedTransport(200, body)).error?.reason == .malformed)
    }

    @Test(arguments: [
        ("[{\"pbid\":1,\"time\":1000}]", nil), ("[]", nil), ("[{\"pbid\":1", APIError.Reason.malformed),
        ("[{\"pbid\":1,\"time\":1000}", .malformed), ("[{\"pbid\":1,\"time\":1000},", .malformed), ("", .malformed),
    ])
    func `without a length, the closing bracket says whether a response is complete`(
        body: String, reason: APIError.Reason?
    ) async {
        let failure = TransportError(.closed, "the connection was closed without close notify")
        #expect(await ask(ScriptedTransport(200, body, failure: failure)).error?.reason == reason)
    }

    @Test func `an error has reason, status, detail and hint, and one line with all of them`() async throws {
        let error = try #require(await ask(ScriptedTransport(400, "{\"status\": \"API SIGNATURE ERROR\"}")).error)
        #expect(error.reason == .signature && error.status == 400)
        #expect(error.detail == "the appliance refused the signature")
        #expect(
            "\(error)" == "signature: the appliance refused the signature; check that public_token and private_token"
                + " are one pair, and of this appliance")
        let named = await ask(ScriptedTransport(400, "{\"status\": \"API SIGNATURE ERROR\"}")) {
            "DARKTRACE_" + $0.uppercased()
        }
        #expect(named.error?.description.contains("DARKTRACE_PUBLIC_TOKEN and DARKTRACE_PRIVATE_TOKEN") == true)
    }

    @Test(arguments: [404, 400, 500, 200]) func `what is no permission problem gives no advice about permissions`(
        status: Int
    ) async {
        for body in ["{\"error\":\"no\"}", "", "{\"status\": \"INPUT ERROR\"}"] {
            let client = Client(
                transport: ScriptedTransport(status, body), dateFormat: .spaced, timeout: 30, userAgent: "tests/1")
            let request = GaugeRequest(
                path: "/status", permissionHint: "give the API user the permission", response: .object(maxBytes: 1_000)
            ) { $0.number("cpu") }
            let attempt = await client.send(
                request, credentials: Credentials(publicToken: "a", privateToken: "b"), wallMilliseconds: 0
            ) { _ in true }
            #expect(
                attempt.error?.hint?.description.contains("permission") == false, "\(String(describing: attempt.error))"
            )
        }
    }

    @Test func `plain HTTP to a TLS port is advised to use https`() async {
        let page = "<html><h1>400 Bad Request</h1>The plain HTTP request was sent to HTTPS port</html>"
        #expect(await ask(ScriptedTransport(400, page)).error?.hint?.description.contains("https://") == true)
    }

    @Test(arguments: [
        ("Thu, 15 Jan 2026 09:30:00 GMT", ["the clocks agree", "date_format"], ["NTP"]),
        ("Thu, 15 Jan 2026 09:40:00 GMT", ["NTP", "date_format"], ["agree"]),
        ("Thu, 15 Jan 2026 10:01:00 GMT", ["NTP"], ["date_format"]), ("", ["NTP", "date_format"], ["agree"]),
    ])
    func `the advice on a refused date follows the skew`(date: String, has: [String], lacks: [String]) async throws {
        let transport = ScriptedTransport(400, "{\"modelbreaches\": \"API DATE ERROR\"}", headers: [("date", date)])
        let hint = try #require(await ask(transport).error?.hint).description
        #expect(has.allSatisfy(hint.contains) && !lacks.contains(where: hint.contains), "\(hint)")
    }

    @Test(arguments: [
        ("120", 120.0), ("0", 0), ("99999999999999999999999999", 1e9), ("Thu, 15 Jan 2026 09:31:00 GMT", 60),
        ("Thu, 15 Jan 2026 09:29:00 GMT", 0), ("-5", nil), ("soon", nil), ("", nil), ("1.5", nil),
    ])
    func `Retry-After is read as seconds or as a date`(value: String, seconds: Double?) async {
        let headers = [("date", "Thu, 15 Jan 2026 09:30:00 GMT"), ("retry-after", value)]
        let attempt = await ask(ScriptedTransport(429, "", headers: headers))
        #expect(attempt.retryAfterSeconds == seconds)
    }

    @Test func `a refused date says how far the clocks are apart`() async {
        let headers = [("date", "Thu, 15 Jan 2026 10:01:00 GMT")]
        let attempt = await ask(ScriptedTransport(400, "{\"modelbreaches\": \"API DATE ERROR\"}", headers: headers))
        #expect(attempt.serverDateMilliseconds == 1_768_471_260_000)
        #expect(attempt.error?.detail.contains("its clock is 1860 s ahead of ours") == true)
    }

    @Test func `a response without a readable date has no server time`() async {
        #expect(await ask(ScriptedTransport(200, "[]", headers: [("date", "yesterday")])).serverDateMilliseconds == nil)
        #expect(await ask(ScriptedTransport(200, "[]")).serverDateMilliseconds == nil)
    }
}
