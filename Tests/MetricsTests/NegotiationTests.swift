import Metrics
import TestSupport
import Testing

@Suite struct NegotiationTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let accept: [String]
        let format: ExpositionFormat
        let escaping: NameEscaping
        var testDescription: String { accept.joined(separator: " | ") }

        init(_ accept: String..., gives format: ExpositionFormat, _ escaping: NameEscaping = .underscores) {
            self.accept = accept
            self.format = format
            self.escaping = escaping
        }
    }

    static let openMetrics = "application/openmetrics-text"
    static let prometheus3 = """
        application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
        application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,\
        text/plain;version=0.0.4;q=0.3,*/*;q=0.2
        """
    static let prometheus2 =
        "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
        + "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
    static let protobuf = "application/vnd.google.protobuf"

    static let rows = [
        Row(gives: .text004),
        Row("", gives: .text004),
        Row("*/*", gives: .text004),
        Row("text/*", gives: .text004),
        Row("application/*", gives: .text004),
        Row("text/html", gives: .text004),
        Row(";;,,=\"", gives: .text004),
        Row("\(openMetrics);version=1.0.0", gives: .openMetrics100),
        Row(openMetrics, gives: .openMetrics100),
        Row("\(openMetrics);version=0.0.1", gives: .openMetrics001),
        Row("\(openMetrics);version=2.0.0", gives: .text004),
        Row("text/plain;version=1.0.0", gives: .text004),
        Row("\(openMetrics);q=0", gives: .text004),
        Row("\(openMetrics);q=0.000", gives: .text004),
        Row("\(openMetrics);q=0, text/plain", gives: .text004),
        Row("\(openMetrics);q=0.1, text/plain;q=0.9", gives: .text004),
        Row("\(openMetrics);q=0.9, text/plain;q=0.1", gives: .openMetrics100),
        Row("text/plain, \(openMetrics)", gives: .text004),
        Row("APPLICATION/OpenMetrics-Text; Version=1.0.0", gives: .openMetrics100),
        Row("\(openMetrics);version=\"1.0.0\"", gives: .openMetrics100),
        Row("\(openMetrics);version=\"1\\.0.0\"", gives: .openMetrics100),
        Row("\(openMetrics);charset=iso-8859-1", gives: .openMetrics100),
        Row("\(openMetrics);unknown=\"a,b;q=0\"", gives: .openMetrics100),
        Row("text/plain;version=9;escaping=allow-utf-8, \(openMetrics);q=0.5", gives: .openMetrics100, .allowUTF8),
        Row("\(openMetrics);version=9;escaping=dots, \(openMetrics);escaping=values", gives: .openMetrics100, .values),
        Row("\(openMetrics);escaping=nonsense", gives: .openMetrics100),
        Row("text/plain;escaping=dots", gives: .text004, .dots),
        Row(prometheus3, gives: .openMetrics100, .allowUTF8),
        Row(prometheus2, gives: .openMetrics100),
        Row("\(protobuf);proto=io.prometheus.client.MetricFamily;encoding=delimited", gives: .text004),
        Row(
            "\(protobuf);proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.7,\(openMetrics);q=0.6",
            gives: .openMetrics100),
        Row(protobuf, gives: .text004),
        Row("text/plain;q=0.5", openMetrics, gives: .openMetrics100),
        Row("text/plain;q=0.5", "\(openMetrics);q=0.4", gives: .text004),
        Row("\(openMetrics);q=nan, text/plain;q=0.1", gives: .text004),
        Row("\(openMetrics);q=2, text/plain;q=0.1", gives: .text004),
        Row("\(openMetrics);q=-0, text/plain;q=0.1", gives: .text004),
        Row("\(openMetrics);q=1e-1, text/plain;q=0.1", gives: .text004),
        Row("\(openMetrics);q=, text/plain;q=0.1", gives: .text004),
        Row("\(openMetrics);Q=0.9, text/plain;q=0.1", gives: .openMetrics100),
        Row("\(openMetrics) ;\tversion = 1.0.0 ; q=0.9, text/plain;q=0.1", gives: .openMetrics100),
        Row("*/*, \(openMetrics);q=0.5", gives: .text004),
        Row("text/plain;q=0, */*", gives: .openMetrics100),
        Row("text/*;q=0, */*", gives: .openMetrics100),
        Row("text/plain;q=0, \(openMetrics);q=0, */*", gives: .text004),
        Row("text/plain;q=0", gives: .text004),
    ]

    @Test(arguments: rows) func `an Accept header gives one format, and never a refusal`(row: Row) {
        let negotiated = NegotiatedFormat(accept: row.accept)
        #expect(negotiated.format == row.format)
        #expect(negotiated.escaping == row.escaping)
    }

    @Test(arguments: [
        (["text/plain"], "text/plain; version=0.0.4; charset=utf-8; escaping=underscores"),
        (
            ["\(openMetrics);escaping=allow-utf-8"],
            "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=allow-utf-8"
        ),
        (
            ["\(openMetrics);version=0.0.1"],
            "application/openmetrics-text; version=0.0.1; charset=utf-8; escaping=underscores"
        ),
    ])
    func `the content type names version, character set and escaping`(accept: [String], type: String) {
        #expect(NegotiatedFormat(accept: accept).contentType == type)
    }

    @Test(arguments: [
        ([], ContentCoding.identity),
        ([""], .identity),
        (["*"], .identity),
        (["gzip"], .gzip),
        (["GZIP"], .gzip),
        (["x-gzip"], .gzip),
        (["br"], .identity),
        (["zstd, gzip"], .gzip),
        (["gzip, deflate, br"], .gzip),
        (["gzip;q=0"], .identity),
        (["gzip;q=0, *"], .identity),
        (["gzip, identity"], .gzip),
        (["gzip;q=0.5, identity"], .identity),
        (["gzip;q=0.5, identity;q=0.4"], .gzip),
        (["gzip;q=0.5, *;q=0.8"], .identity),
        (["gzip;q=0.8, *;q=0.5"], .gzip),
        (["gzip;q=0.5, *;q=0"], .gzip),
        (["identity;q=0"], .identity),
        (["identity;q=0, *"], .gzip),
        (["identity;q=0, *;q=0"], .identity),
        (["identity;q=0, gzip;q=0, *"], .identity),
        (["*;q=0"], .identity),
        (["br", "gzip"], .gzip),
        (["gzip;q=zero"], .identity),
    ])
    func `an Accept-Encoding header gives one coding, and never a refusal`(lines: [String], coding: ContentCoding) {
        #expect(ContentCoding(acceptEncoding: lines) == coding)
    }

    @Test func `any header gives a response`() {
        let pieces = [
            "text/plain", Self.openMetrics, "*", "/", ";", ",", "=", "\"", "\\", "q", "q=0", "q=1", " ", "\t", "é",
        ]
        var generator = SeededRNG(seed: 7)
        for _ in 0..<5_000 {
            let line = (0..<Int.random(in: 0...12, using: &generator)).map { _ in
                pieces[Int.random(in: 0..<pieces.count, using: &generator)]
            }.joined()
            #expect(NegotiatedFormat(accept: [line]).contentType.hasSuffix("escaping=underscores"))
            _ = ContentCoding(acceptEncoding: [line])
        }
    }
}
