import Configuration
import Darktrace
import Exporter
import Testing

/// What `check` says of an appliance, from what one request told.
@Suite struct DiagnosisTests {
    private static let now: Int64 = 1_768_469_400_000
    private static let day: Int64 = 86_400

    /// A whole answer of an appliance that is well, which a case then changes.
    fileprivate struct ResponseFixture {
        var way = TargetInfo(place: "10.0.0.5:443")
        var refusal: APIError?
        var date: Int64? = now
        var sample = RecordStats()
        var exchange: TransportResult

        init() {
            var phases = Phases()
            (phases.resolve, phases.connect, phases.tls, phases.wait) = (0.001, 0.002, 0.03, 0.0124)
            exchange = TransportResult(
                head: ResponseHead(status: 200, headers: []), phases: phases,
                certificateExpiry: now / 1_000 + 97 * day + 5)
        }

        mutating func refuse(_ reason: APIError.Reason, status: Int? = nil) {
            refusal = APIError(reason, "what came; what to do")
            exchange.head = status.map { ResponseHead(status: $0, headers: []) }
        }

        mutating func take(readable: Int, lacking: Int = 0, unreadable: Int = 0) {
            for id in 0..<Int64(readable) {
                let score = id < lacking ? nil : 0.5
                let breach = ModelBreach(
                    id: id, creationMilliseconds: now, activityMilliseconds: now, score: score, model: "A",
                    category: .critical)
                sample.take(.success(breach))
            }
            for _ in 0..<unreadable { sample.take(.failure(UnreadableRecord(.noID, "a record has no readable pbid"))) }
        }

        var lines: [String] {
            let attempt = Attempt(
                path: "/modelbreaches", exchange: exchange, refusal: refusal, serverDateMilliseconds: date)
            return Diagnosis(
                way: way, attempt: attempt, sample: sample, windowSeconds: 900, nowMilliseconds: now
            ).findings.map { $0.line(of: "hq") }
        }
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        fileprivate let change: @Sendable (inout ResponseFixture) -> Void
        /// Lines that must stand there, in this order.
        let lines: [String]
        /// Subjects of which nothing may be said.
        let silent: [Finding.Subject]

        fileprivate init(
            _ description: String, _ lines: [String], silent: [Finding.Subject] = [],
            _ change: @escaping @Sendable (inout ResponseFixture) -> Void = { _ in }
        ) {
            testDescription = description
            self.lines = lines
            self.silent = silent
            self.change = change
        }
    }

    static let cases = [
        Case(
            "all is well",
            [
                "hq: ok: reach: 10.0.0.5:443 answered in 0.045 s"
                    + " (name lookup 0.001, connect 0.002, TLS 0.030, answer 0.012)",
                "hq: ok: certificate: good for 97 days, until 2026-04-22 09:30:05 UTC",
                "hq: ok: clock: within a second of ours",
                "hq: ok: signature: accepted", "hq: ok: permission: /modelbreaches may be read",
                "hq: ok: breaches: none created in the last 15 min, so no record was read",
            ]),
        Case("records", ["hq: ok: breaches: 3 created in the last 15 min", "hq: ok: records: all can be read"]) {
            $0.take(readable: 3)
        },
        Case(
            "some cannot be read",
            [
                "hq: warning: records: 1 of 4 cannot be read, the first because a record has no readable pbid;"
                    + " please report it"
            ]
        ) { $0.take(readable: 3, unreadable: 1) },
        Case(
            "none can be read",
            [
                "hq: ok: breaches: 3 created in the last 15 min",
                "hq: FAILED: records: 3 of 3 cannot be read, the first because a record has no readable pbid;"
                    + " please report it",
            ]
        ) { $0.take(readable: 0, unreadable: 3) },
        Case(
            "an odd one alone is no unknown form",
            [
                "hq: warning: records: 1 of 1 cannot be read, the first because a record has no readable pbid;"
                    + " please report it"
            ]
        ) { $0.take(readable: 0, unreadable: 1) },
        Case(
            "the short form lacks something",
            [
                "hq: ok: records: all can be read",
                "hq: ok: records: 2 of 3 lack name, score or creation in the short form;"
                    + " the exporter asks for the long form by itself",
            ]
        ) { $0.take(readable: 3, lacking: 2) },
        Case(
            "a certificate that ends soon",
            [
                "hq: warning: certificate: ends in 29 days, on 2026-02-13 09:30:00 UTC; renew it on the appliance",
                "hq: ok: signature: accepted",
            ]
        ) { $0.exchange.certificateExpiry = now / 1_000 + 29 * day },
        Case(
            "a certificate that nobody looks at",
            [
                "hq: warning: certificate: not verified, as insecure_skip_verify says;"
                    + " ended on 2026-01-15 09:29:59 UTC; renew it on the appliance"
            ]
        ) {
            $0.way = TargetInfo(place: "10.0.0.5:443", isVerified: false)
            $0.exchange.certificateExpiry = now / 1_000 - 1
        },
        Case(
            "a certificate without an end that anybody could see",
            ["hq: ok: certificate: good for 2912428 days, until 9999-12-31 23:59:59 UTC"]
        ) { $0.exchange.certificateExpiry = .max },
        Case("plain http", ["hq: ok: certificate: none, the url is http to this machine"]) {
            $0.way = TargetInfo(place: "127.0.0.1:80", isSecure: false)
            $0.exchange.certificateExpiry = nil
        },
        Case("a clock a little off", ["hq: ok: clock: 4 s behind ours"]) { $0.date = now - 4_000 },
        Case("a slow transfer is not a slow clock", ["hq: ok: clock: within a second of ours"]) {
            $0.date = now - 20_000
            $0.exchange.phases.transfer = 20
        },
        Case(
            "a clock far off",
            [
                "hq: warning: clock: 600 s ahead of ours; signatures fail beyond 1800 s:"
                    + " set both clocks by the same source", "hq: ok: signature: accepted",
            ]
        ) { $0.date = now + 600_000 },
        Case("no date", ["hq: warning: clock: the answer has no date, so the appliance's clock is not known"]) {
            $0.date = nil
        },
        Case(
            "a refused signature", ["hq: FAILED: signature: /modelbreaches: signature: what came; what to do"],
            silent: [.permission, .login, .breaches]
        ) { $0.refuse(.signature, status: 400) },
        Case(
            "a refused date",
            [
                "hq: warning: clock: 1860 s behind ours; signatures fail beyond 1800 s:"
                    + " set both clocks by the same source",
                "hq: FAILED: signature: /modelbreaches: date: what came; what to do",
            ], silent: [.permission, .breaches]
        ) {
            $0.refuse(.date, status: 400)
            $0.date = now - 1_860_000
        },
        Case(
            "a missing permission",
            [
                "hq: ok: signature: accepted",
                "hq: FAILED: permission: /modelbreaches: permission: what came; what to do",
            ], silent: [.breaches]
        ) { $0.refuse(.permission, status: 302) },
        Case(
            "a login", ["hq: FAILED: login: /modelbreaches: login: what came; what to do"],
            silent: [.signature, .permission, .breaches]
        ) { $0.refuse(.login, status: 200) },
        Case(
            "a fault of the appliance", ["hq: FAILED: answer: /modelbreaches: server: what came; what to do"],
            silent: [.signature, .permission, .breaches]
        ) { $0.refuse(.server, status: 502) },
        Case(
            "a slow body", ["hq: FAILED: answer: /modelbreaches: timeout: what came; what to do"],
            silent: [.signature, .permission, .breaches]
        ) { $0.refuse(.timeout, status: 200) },
        Case(
            "nobody trusts the certificate",
            [
                "hq: ok: reach: 10.0.0.5:443 is there (name lookup 0.001, connect 0.002, TLS 0.030)",
                "hq: FAILED: certificate: tls: what came; what to do",
            ], silent: [.clock, .signature, .permission, .breaches]
        ) {
            $0.refuse(.tls)
            $0.exchange.phases.wait = 0
        },
        Case(
            "nobody answers",
            [
                "hq: FAILED: reach: 10.0.0.5:443 through the proxy: timeout: what came; what to do"
                    + " (name lookup 0.001, connect 15.000)"
            ], silent: [.certificate, .clock, .signature, .permission, .answer, .breaches]
        ) {
            $0.refuse(.timeout)
            $0.way = TargetInfo(place: "10.0.0.5:443", isProxied: true)
            ($0.exchange.phases.connect, $0.exchange.phases.tls, $0.exchange.phases.wait) = (15, 0, 0)
            $0.date = nil
        },
        Case(
            "the proxy wants a password", ["hq: FAILED: reach: 10.0.0.5:443: proxy: what came; what to do"],
            silent: [.certificate, .clock, .signature, .permission, .answer, .breaches]
        ) {
            $0.refuse(.proxy, status: 407)
            $0.exchange.phases = Phases()
        },
    ]

    @Test(arguments: cases) func `each fact is one line that says what is wrong and what to do`(one: Case) {
        var telling = ResponseFixture()
        one.change(&telling)
        let lines = telling.lines
        #expect(lines.filter(one.lines.contains) == one.lines, "\(lines.joined(separator: "\n"))")
        for subject in one.silent {
            #expect(!lines.contains { $0.contains(": \(subject.rawValue): ") }, "\(lines)")
        }
        #expect(lines.allSatisfy { !$0.contains("\n") })
    }

    @Test(arguments: APIError.Reason.allCases) func `whatever the reason, something has failed`(
        reason: APIError.Reason
    ) {
        for status in [nil, 200] {
            var telling = ResponseFixture()
            telling.refuse(reason, status: status)
            #expect(telling.lines.count { $0.hasPrefix("hq: FAILED: ") } == 1)
        }
    }

    @Test func `the place is where the url leads, without the proxy's password`() throws {
        let url = BaseURL(isSecure: true, host: "2001:db8::1", port: 8443)
        var appliance = Settings.Appliance(
            name: "hq", url: url, publicToken: .inline(Secret("p")), privateToken: .inline(Secret("q")))
        appliance.proxy = Secret("http://user:hunter22@proxy:3128")
        let way = TargetInfo(appliance)
        #expect(way == TargetInfo(place: "[2001:db8::1]:8443", isProxied: true))
    }
}
