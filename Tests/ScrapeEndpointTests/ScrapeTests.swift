import Foundation
import HTTPServer
import Metrics
import ScrapeEndpoint
import TestSupport
import Testing

/// The scrape handler over real HTTP.
@Suite struct ScrapeTests {
    private static let openMetrics = "application/openmetrics-text"

    /// A stable family and a lively one, whose names sort the other way round.
    private static func makeHandler() -> ScrapeHandler {
        let exemplar = Exemplar(labels: Labels(["pbid"], ["7"]), value: 1, timestamp: 1_763_966_400)
        let stable = Descriptor("z_total", .counter, labels: ["model"], help: "Stable.")
        let lively = Descriptor("a_bytes", .gauge, help: "Lively.")
        return ScrapeHandler(
            groups: {
                [
                    MetricGroup("") {
                        [MetricFamily(stable, [Series(Labels(["model"], ["a\"\n\\"]), .number(3, exemplar))])]
                    }
                ]
            },
            live: { _ in [MetricFamily(lively, [Series(.none, .number(1))])] })
    }

    private static let text = """
        # HELP z_total Stable.
        # TYPE z_total counter
        z_total{model="a\\"\\n\\\\"} 3
        # HELP a_bytes Lively.
        # TYPE a_bytes gauge
        a_bytes 1

        """
    private static let openMetricsText = """
        # TYPE z counter
        # HELP z Stable.
        z_total{model="a\\"\\n\\\\"} 3 # {pbid="7"} 1 1763966400
        # TYPE a_bytes gauge
        # UNIT a_bytes bytes
        # HELP a_bytes Lively.
        a_bytes 1
        # EOF

        """

    struct Row: Sendable, CustomTestStringConvertible {
        let lines: [String]
        let type: String
        let isCompressed: Bool
        var testDescription: String { lines.joined(separator: " | ") }

        init(_ accept: String?, _ version: String, escaping: String = "underscores") {
            lines = accept.map { ["Accept: \($0)"] } ?? []
            let media = version == "0.0.4" ? "text/plain" : openMetrics
            type = "\(media); version=\(version); charset=utf-8; escaping=\(escaping)"
            isCompressed = false
        }

        init(lines: [String], isCompressed: Bool) {
            self.lines = lines
            type = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores"
            self.isCompressed = isCompressed
        }
    }

    private static let prometheus3 = """
        application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
        application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,\
        text/plain;version=0.0.4;q=0.3,*/*;q=0.2
        """

    static let rows = [
        Row(nil, "0.0.4"), Row("", "0.0.4"), Row("*/*", "0.0.4"), Row("text/*", "0.0.4"), Row("text/html", "0.0.4"),
        Row("garbage;;\"", "0.0.4"), Row("\(openMetrics);version=1.0.0", "1.0.0"), Row(openMetrics, "1.0.0"),
        Row("\(openMetrics);version=0.0.1", "0.0.1"), Row("\(openMetrics);version=2.0.0", "0.0.4"),
        Row("text/plain;version=1.0.0", "0.0.4"), Row("\(openMetrics);q=0", "0.0.4"),
        Row("\(openMetrics);q=0, text/plain", "0.0.4"), Row("\(openMetrics);q=0.1, text/plain;q=0.9", "0.0.4"),
        Row("APPLICATION/OPENMETRICS-TEXT", "1.0.0"), Row("\(openMetrics);version=\"1.0.0\"", "1.0.0"),
        Row("\(openMetrics);charset=iso-8859-1", "1.0.0"),
        Row("text/plain;version=9;escaping=allow-utf-8, \(openMetrics);q=0.5", "1.0.0", escaping: "allow-utf-8"),
        Row(prometheus3, "1.0.0", escaping: "allow-utf-8"),
        Row(
            "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,"
                + "\(openMetrics);q=0.5", "1.0.0"),
        Row("application/vnd.google.protobuf", "0.0.4"),
        Row(lines: ["Accept-Encoding: *"], isCompressed: false),
        Row(lines: ["Accept-Encoding: gzip"], isCompressed: true),
        Row(lines: ["Accept-Encoding: GZIP"], isCompressed: true),
        Row(lines: ["accept-encoding: x-gzip"], isCompressed: true),
        Row(lines: ["Accept-Encoding: br"], isCompressed: false),
        Row(lines: ["Accept-Encoding: zstd, gzip"], isCompressed: true),
        Row(lines: ["Accept-Encoding: gzip;q=0"], isCompressed: false),
        Row(lines: ["Accept-Encoding: gzip;q=0.5, identity"], isCompressed: false),
        Row(lines: ["Accept-Encoding: gzip;q=0.5, identity;q=0.4"], isCompressed: true),
        Row(lines: ["Accept-Encoding: identity;q=0"], isCompressed: false),
        Row(lines: ["Accept-Encoding: identity;q=0, *"], isCompressed: true),
        Row(lines: ["Accept-Encoding: br", "Accept-Encoding: gzip"], isCompressed: true),
        Row(lines: ["Accept: text/plain;q=0.1", "Accept: nothing/known", "Accept-Encoding: "], isCompressed: false),
    ]

    @Test func `each row of the negotiation table is answered as it says`() async throws {
        try await serving(Self.makeHandler()) { port in
            let connection = try ScrapeConnection(port: port)
            for row in Self.rows {
                let answer = try connection.request(headers: row.lines)
                #expect(answer.status == 200, "\(row.lines)")
                #expect(answer.headers["content-type"] == row.type, "\(row.lines)")
                #expect(answer.headers["content-encoding"] == (row.isCompressed ? "gzip" : nil), "\(row.lines)")
                #expect(answer.headers["vary"] == "Accept, Accept-Encoding")
                let body = row.isCompressed ? try gunzip(answer.body) : answer.body
                let expected = row.type.hasPrefix("text/plain") ? Self.text : Self.openMetricsText
                #expect(String(decoding: body, as: UTF8.self) == expected, "\(row.lines)")
            }
        }
    }

    @Test(arguments: [[], ["Accept-Encoding: gzip"]]) func `HEAD has the headers of GET and no body`(lines: [String])
        async throws
    {
        try await serving(Self.makeHandler()) { port in
            let connection = try ScrapeConnection(port: port)
            var get = try connection.request("GET", headers: lines).headers
            var head = try connection.request("HEAD", headers: lines).headers
            get["date"] = nil
            head["date"] = nil
            #expect(get == head)
            #expect(try connection.request("GET").status == 200)
        }
    }

    @Test(arguments: ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "get", "BREW"])
    func `another method gets the list of allowed ones`(method: String) async throws {
        try await serving(Self.makeHandler()) { port in
            let answer = try ScrapeConnection(port: port).request(method, headers: ["Content-Length: 0"])
            #expect(answer.status == 405)
            #expect(answer.headers["allow"] == "GET, HEAD")
            #expect(answer.headers["vary"] == "Accept, Accept-Encoding")
        }
    }

    @Test(arguments: [openMetrics, "text/plain"])
    func `gunzip, curl and Python accept the compressed body`(accept: String) async throws {
        try await serving(Self.makeHandler()) { port in
            let url = "http://127.0.0.1:\(port)/metrics"
            let expected = Array((accept == Self.openMetrics ? Self.openMetricsText : Self.text).utf8)
            let compressed = try Command.output(
                "curl", ["-sSf", "-H", "Accept: \(accept)", "-H", "Accept-Encoding: gzip", url])
            _ = try gunzip(compressed)
            #expect(try Command.output("curl", ["-sSf", "--compressed", "-H", "Accept: \(accept)", url]) == expected)
            let script = "import gzip, sys; sys.stdout.buffer.write(gzip.decompress(sys.stdin.buffer.read()))"
            #expect(try Command.output("/usr/bin/python3", ["-c", script], input: Data(compressed)) == expected)
        }
    }

    @Test func `a client that stops reading does not count for longer than a second`() async throws {
        let model = Descriptor("x_total", .counter, labels: ["model"], help: "X.")
        let many = (0..<100_000).map { Series(Labels(["model"], ["Some rather long model name \($0)"]), .number(1)) }
        let scrapes = ScrapeHandler(groups: { [MetricGroup("") { [MetricFamily(model, many)] }] }, maxRequests: 1)
        try await serving(scrapes) { port in
            let stuck = try ScrapeConnection(port: port)
            try stuck.send()
            let other = try ScrapeConnection(port: port)
            #expect(try await eventually(seconds: 120) { (try? other.request("HEAD"))?.status == 200 })
            #expect(try await eventually(seconds: 120) { (try? other.request().body.count) ?? 0 > 4_000_000 })
        }
    }
}
