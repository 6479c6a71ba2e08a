import Configuration
import Darktrace
import Exporter
import Testing

/// The findings of `check` about an appliance, from one request.
@Suite struct DiagnosisTests {
    private static let now: Int64 = 1_768_469_400_000
    private static let day: Int64 = 86_400

    /// A complete response of a healthy appliance, which a case then changes.
    fileprivate struct ResponseFixture {
        var target = TargetInfo(address: "10.0.0.5:443")
        var error: APIError?
        var date: Int64? = now
        var records = RecordStats()
        var result: TransportResult
        var acceptedDateFormat: String?

        init() {
            var phases = Phases()
            (phases.resolve, phases.connect, phases.tls, phases.wait) = (0.001, 0.002, 0.03, 0.0124)
            result = TransportResult(
                head: ResponseHead(status: 200, headers: []), phases: phases,
                certificateExpiry: now / 1_000 + 97 * day + 5)
        }

        mutating func fail(_ reason: APIError.Reason, status: Int? = nil) {
            error = APIError(reason, "what came", hint: "what to do")
            result.head = status.map { ResponseHead(status: $0, headers: []) }
        }

        mutating func add(readable: Int, incomplete: Int = 0, unreadable: Int = 0) {
            for id in 0..<Int64(readable) {
                let score = id < incomplete ? nil : 0.5
                let breach = ModelBreach(
                    id: id, creationMilliseconds: now, activityMilliseconds: now, score: score, model: "A",
                    category: .critical)
                records.add(.success(breach))
            }
            for _ in 0..<unreadable { records.add(.failure(UnreadableRecord(.noID, "a record has no readable pbid"))) }
        }

        var lines: [String] {
            let attempt = Attempt(
                path: "/modelbreaches", result: result, error: error, serverDateMilliseconds: date)
            var diagnosis = Diagnosis(
                target: target, attempt: attempt, records: records, windowSeconds: 900, nowMilliseconds: now)
            diagnosis.acceptedDateFormat = acceptedDateFormat
            return diagnosis.findings.map { $0.line(of: "hq") }
        }
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        fileprivate let change: @Sendable (inout ResponseFixture) -> Void
        /// Lines that must be printed, in this order.
        let lines: [String]
        /// Subjects without a line.
        let absent: [Finding.Subject]

        fileprivate init(
            _ description: String, _ lines: [String], absent: [Finding.Subject] = [],
            _ change: @escaping @Sendable (inout ResponseFixture) -> Void = { _ in }
        ) {
            testDescription = description
            self.lines = lines
            self.absent = absent
            self.change = change
        }
    }

    static let cases = [
        Case(
            "a healthy appliance",
            [
                "hq: ok: reach: 10.0.0.5:443 reachable in 0.045 s"
                    + " (name lookup 0.001, connect 0.002, TLS 0.030, response 0.012)",
                "hq: ok: certificate: valid for 97 days, until 2026-04-22 09:30:05 UTC",
                "hq: ok: clock: skew below 1 s",
                "hq: ok: signature: accepted", "hq: ok: permission: /modelbreaches is readable",
                "hq: ok: breaches: none created in the last 15 min, no record was read",
            ]),
        Case("records", ["hq: ok: breaches: 3 created in the last 15 min", "hq: ok: records: all readable"]) {
            $0.add(readable: 3)
        },
        Case(
            "some records are unreadable",
            [
                "hq: warning: records: 1 of 4 unreadable, the first because a record has no readable pbid;"
                    + " please report it"
            ]
        ) { $0.add(readable: 3, unreadable: 1) },
        Case(
            "no record is readable",
            [
                "hq: ok: breaches: 3 created in the last 15 min",
                "hq: FAILED: records: 3 of 3 unreadable, the first because a record has no readable pbid;"
                    + " please report it",
            ]
        ) { $0.add(readable: 0, unreadable: 3) },
        Case(
            "one unreadable record alone is not an unknown format",
            [
                "hq: warning: records: 1 of 1 unreadable, the first because a record has no readable pbid;"
                    + " please report it"
            ]
        ) { $0.add(readable: 0, unreadable: 1) },
        Case(
            "short records are incomplete",
            [
                "hq: ok: records: all readable",
                "hq: ok: records: 2 of 3 short records lack name, score or creation time;"
                    + " the exporter requests full records automatically",
            ]
        ) { $0.add(readable: 3, incomplete: 2) },
        Case(
            "a certificate that expires soon",
            [
                "hq: warning: certificate: expires in 29 days, on 2026-02-13 09:30:00 UTC; renew it on the appliance",
                "hq: ok: signature: accepted",
            ]
        ) { $0.result.certificateExpiry = now / 1_000 + 29 * day },
        Case(
            "a certificate that is not verified",
            [
                "hq: warning: certificate: not verified (insecure_skip_verify);"
                    + " expired on 2026-01-15 09:29:59 UTC; renew it on the appliance"
            ]
        ) {
            $0.target = TargetInfo(address: "10.0.0.5:443", isVerified: false)
            $0.result.certificateExpiry = now / 1_000 - 1
        },
        Case(
            "a certificate that expires after the year 9999",
            ["hq: ok: certificate: valid for 2912428 days, until 9999-12-31 23:59:59 UTC"]
        ) { $0.result.certificateExpiry = .max },
        Case("plain http", ["hq: ok: certificate: none, the url is http to this machine"]) {
            $0.target = TargetInfo(address: "127.0.0.1:80", isSecure: false)
            $0.result.certificateExpiry = nil
        },
        Case("a small clock skew", ["hq: ok: clock: 4 s behind this machine"]) { $0.date = now - 4_000 },
        Case("a slow transfer is not clock skew", ["hq: ok: clock: skew below 1 s"]) {
            $0.date = now - 20_000
            $0.result.phases.transfer = 20
        },
        Case(
            "a large clock skew",
            [
                "hq: warning: clock: 600 s ahead of this machine, signatures fail beyond 1800 s;"
                    + " synchronize both clocks (NTP)", "hq: ok: signature: accepted",
            ]
        ) { $0.date = now + 600_000 },
        Case("no date", ["hq: warning: clock: the response has no Date, so that the skew is unknown"]) {
            $0.date = nil
        },
        Case(
            "a rejected signature", ["hq: FAILED: signature: /modelbreaches: signature: what came; what to do"],
            absent: [.permission, .login, .breaches]
        ) { $0.fail(.signature, status: 400) },
        Case(
            "a rejected date",
            [
                "hq: warning: clock: 1860 s behind this machine, signatures fail beyond 1800 s;"
                    + " synchronize both clocks (NTP)",
                "hq: FAILED: signature: /modelbreaches: date: what came; what to do",
            ], absent: [.permission, .breaches]
        ) {
            $0.fail(.date, status: 400)
            $0.date = now - 1_860_000
        },
        Case(
            "a date format that another one replaces",
            [
                "hq: ok: clock: skew below 1 s",
                "hq: FAILED: signature: /modelbreaches: date: the appliance rejects this date format;"
                    + " set date_format: iso8601",
            ], absent: [.permission, .breaches]
        ) {
            $0.fail(.date, status: 400)
            $0.acceptedDateFormat = "iso8601"
        },
        Case(
            "a missing permission",
            [
                "hq: ok: signature: accepted",
                "hq: FAILED: permission: /modelbreaches: permission: what came; what to do",
            ], absent: [.breaches]
        ) { $0.fail(.permission, status: 302) },
        Case(
            "a missing permission for a path that is not polled",
            ["hq: warning: permission: /modelbreaches: permission: what came; what to do"], absent: [.breaches]
        ) {
            $0.fail(.permission, status: 302)
            $0.target.pollsModelBreaches = false
        },
        Case(
            "an error of the appliance that concerns all paths",
            ["hq: FAILED: answer: /modelbreaches: server: what came; what to do"], absent: [.permission, .breaches]
        ) {
            $0.fail(.server, status: 502)
            $0.target.pollsModelBreaches = false
        },
        Case(
            "a login page", ["hq: FAILED: login: /modelbreaches: login: what came; what to do"],
            absent: [.signature, .permission, .breaches]
        ) { $0.fail(.login, status: 200) },
        Case(
            "an error of the appliance", ["hq: FAILED: answer: /modelbreaches: server: what came; what to do"],
            absent: [.signature, .permission, .breaches]
        ) { $0.fail(.server, status: 502) },
        Case(
            "a slow body", ["hq: FAILED: answer: /modelbreaches: timeout: what came; what to do"],
            absent: [.signature, .permission, .breaches]
        ) { $0.fail(.timeout, status: 200) },
        Case(
            "an untrusted certificate",
            [
                "hq: ok: reach: 10.0.0.5:443 reachable (name lookup 0.001, connect 0.002, TLS 0.030)",
                "hq: FAILED: certificate: tls: what came; what to do",
            ], absent: [.clock, .signature, .permission, .breaches]
        ) {
            $0.fail(.tls)
            $0.result.phases.wait = 0
        },
        Case(
            "no response",
            [
                "hq: FAILED: reach: 10.0.0.5:443 through the proxy: timeout: what came; what to do"
                    + " (name lookup 0.001, connect 15.000)"
            ], absent: [.certificate, .clock, .signature, .permission, .answer, .breaches]
        ) {
            $0.fail(.timeout)
            $0.target = TargetInfo(address: "10.0.0.5:443", isProxied: true)
            ($0.result.phases.connect, $0.result.phases.tls, $0.result.phases.wait) = (15, 0, 0)
            $0.date = nil
        },
        Case(
            "the proxy requires a password", ["hq: FAILED: reach: 10.0.0.5:443: proxy: what came; what to do"],
            absent: [.certificate, .clock, .signature, .permission, .answer, .breaches]
        ) {
            $0.fail(.proxy, status: 407)
            $0.result.phases = Phases()
        },
    ]

    @Test(arguments: cases) func `each finding is one line that says what is wrong and what to do`(one: Case) {
        var response = ResponseFixture()
        one.change(&response)
        let lines = response.lines
        #expect(lines.filter(one.lines.contains) == one.lines, "\(lines.joined(separator: "\n"))")
        for subject in one.absent {
            #expect(!lines.contains { $0.contains(": \(subject.rawValue): ") }, "\(lines)")
        }
        #expect(lines.allSatisfy { !$0.contains("\n") })
    }

    @Test(arguments: APIError.Reason.allCases) func `every reason fails exactly one finding`(
        reason: APIError.Reason
    ) {
        for status in [nil, 200] {
            var response = ResponseFixture()
            response.fail(reason, status: status)
            #expect(response.lines.count { $0.hasPrefix("hq: FAILED: ") } == 1)
        }
    }

    @Test func `the address is that of the url, without the proxy's password`() throws {
        let url = BaseURL(isSecure: true, host: "2001:db8::1", port: 8443)
        var appliance = Settings.Appliance(
            name: "hq", url: url, publicToken: .inline(Secret("p")), privateToken: .inline(Secret("q")))
        appliance.proxy = Secret("http://user:hunter22@proxy:3128")
        let target = TargetInfo(appliance)
        #expect(target == TargetInfo(address: "[2001:db8::1]:8443", isProxied: true))
    }
}
