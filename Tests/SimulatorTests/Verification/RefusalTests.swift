import Darktrace
import Testing

@testable import Simulator

@Suite struct RefusalTests {
    /// A request that is refused, and the answer to it byte for byte.
    struct Case: Sendable, CustomTestStringConvertible {
        var what: String
        var target = "/status"
        var privateToken: String?
        var publicToken: String?
        var secondsOff: Int64 = 0
        var form = DateFormat.spaced
        var isSigned = true
        var faults: [String] = []
        var status: Int
        var body: String
        var location: String?
        var testDescription: String { what }
    }

    static let cases = [
        Case(
            what: "a wrong private token", privateToken: "x", status: 400,
            body: "{\n  \"status\": \"API SIGNATURE ERROR\"\n}"),
        Case(
            what: "a wrong signature below a path", target: "/advancedsearch/api/search/abc", privateToken: "x",
            status: 400, body: "{\n  \"advancedsearch\": \"API SIGNATURE ERROR\"\n}"),
        Case(
            what: "a wrong signature with a query", target: "/modelbreaches?minimal=true", privateToken: "x",
            status: 400,
            body: "{\n  \"modelbreaches\": \"API SIGNATURE ERROR\"\n}"),
        Case(
            what: "an unknown public token", publicToken: "x", status: 400,
            body: "{\n  \"status\": \"API SIGNATURE ERROR\"\n}"),
        Case(
            what: "an unknown public token, redirected", publicToken: "x", faults: ["unknown-token=login"], status: 302,
            body: "{\"error\":\"Please login again\"}", location: "/login"),
        Case(
            what: "an unknown public token, 401", publicToken: "x", faults: ["unknown-token=unauthorized"], status: 401,
            body: "{\"error\":\"Unauthorized\"}"),
        Case(
            what: "a revoked token", faults: ["revoked-token"], status: 400,
            body: "{\n  \"status\": \"API SIGNATURE ERROR\"\n}"),
        Case(
            what: "a date 31 minutes ahead", target: "/tags", secondsOff: 1_860, status: 400,
            body: "{\n  \"tags\": \"API DATE ERROR\"\n}"),
        Case(
            what: "a date 31 minutes behind", target: "/tags", secondsOff: -1_860, status: 400,
            body: "{\n  \"tags\": \"API DATE ERROR\"\n}"),
        Case(
            what: "a form of date", form: .compact, faults: ["refused-date-form=compact"], status: 400,
            body: "{\n  \"status\": \"API DATE ERROR\"\n}"),
        Case(
            what: "a skewed clock", faults: ["clock-skew=-1860"], status: 400,
            body: "{\n  \"status\": \"API DATE ERROR\"\n}"),
        Case(
            what: "no credentials", isSigned: false, status: 302, body: "",
            location: "https://activeai.darktrace.com/redirect?instance=hq.example"),
        Case(
            what: "no credentials, old", isSigned: false, faults: ["login-form=old"], status: 302,
            body: "Found. Redirecting to /login", location: "/login"),
        Case(
            what: "an unknown endpoint", target: "/nothing", status: 302, body: "{\"error\":\"Please login again\"}",
            location: "/login"),
        Case(
            what: "an unknown endpoint, old", target: "/nothing/at?all=1", faults: ["login-form=old"], status: 302,
            body: "Found. Redirecting to /login", location: "/login"),
        Case(
            what: "no permission, redirected", faults: ["permission"], status: 302, body: "Found. Redirecting to /403",
            location: "/403"),
        Case(
            what: "no permission, 403", faults: ["permission=403"], status: 403,
            body: "{\n  \"error\": \"403 Forbidden\"\n}"),
        Case(
            what: "a bad parameter", target: "/modelbreaches?minimal=1", status: 400,
            body: "{\n  \"modelbreaches\": \"INPUT ERROR\"\n}"),
        Case(
            what: "logged out", faults: ["logged-out", "login-form=old"], status: 302,
            body: "Found. Redirecting to /login", location: "/login"),
        Case(what: "a bad gateway", faults: ["server-error=502"], status: 502, body: "Bad Gateway"),
        Case(what: "a gateway timeout", faults: ["server-error=504"], status: 504, body: "Gateway Timeout"),
        Case(what: "a server error", faults: ["server-error"], status: 500, body: "Internal Server Error"),
        Case(
            what: "/cves", target: "/cves", status: 500,
            body: "Internal Server Error"),
        Case(
            what: "/filtertypes", target: "/filtertypes", status: 302,
            body: "{\"error\":\"Please login again\"}", location: "/login"),
        Case(
            what: "a breach that is not there", target: "/modelbreaches/999999999", status: 404,
            body: "{\"error\":\"Not found\"}"),
    ]

    @Test(arguments: cases) func `a refusal is that of an appliance byte for byte, over TLS`(_ refused: Case)
        async throws
    {
        let stage = try LiveSimulatorFixture(["--history=1d"] + refused.faults.map { "--fault=\($0)" })
        defer { stage.end() }
        let date = refused.form.text(SimulatedClock.wallMilliseconds + refused.secondsOff * 1_000)
        let outcome = try await stage.get(
            refused.target, publicToken: refused.publicToken, privateToken: refused.privateToken, date: date,
            isSigned: refused.isSigned)
        #expect(outcome.code == 0)
        #expect(outcome.status == refused.status)
        #expect(outcome.text == refused.body)
        #expect(outcome.header("Location") == refused.location)
        let type = outcome.header("Content-Type")
        #expect(refused.body.hasPrefix("{") ? type == "application/json; charset=utf-8" : type != Reply.jsonType)
        #expect(outcome.headers.count { $0.hasPrefix("Date:") } == 1)
    }

    @Test(arguments: [("status", 37), ("tags", 35), ("advancedsearch", 45), ("agemail", 38)])
    func `the sizes measured on real appliances are kept`(_ segment: String, _ bytes: Int) {
        #expect(Answer(Reply.error("API SIGNATURE ERROR", path: "/\(segment)/x")).bytes.count == bytes)
    }

    @Test func `the two other JSON refusals have their measured size, too`() {
        #expect(Answer(Reply.error("API DATE ERROR", path: "/tags")).bytes.count == 30)
        #expect(Answer(Reply.forbidden(asRedirect: false)).bytes.count == 30)
        #expect(Answer(Reply.loginNeeded(.new)).bytes.count == 30)
    }
}
