import Collector
import Darktrace
import Exporter
import Foundation
import Testing

/// What `check` prints.
@Suite struct CheckResultTests {
    private static let good = Finding(.ok, .reach, "10.0.0.5:443 reachable")
    private let mixed = CheckResult([
        ("hq", [good, Finding(.warning, .clock, "301 s behind")]),
        ("branch", [good, Finding(.failed, .tokens, "a \"b\"")]),
        ("lab", [good]),
    ])

    private func text(_ result: CheckResult, isQuiet: Bool) -> String {
        String(decoding: result.text(isQuiet: isQuiet), as: UTF8.self)
    }

    @Test func `the last line names the appliances that failed`() {
        let lines = text(mixed, isQuiet: false).split(separator: "\n")
        #expect(lines.count == 6)
        #expect(lines.last == "darktrace-exporter: appliances: 3, failed: 1 (branch), warnings: 1")
    }

    @Test func `quiet prints problems, and nothing if there is none`() {
        #expect(
            text(mixed, isQuiet: true) == """
                hq: warning: clock: 301 s behind
                branch: FAILED: tokens: a "b"
                darktrace-exporter: appliances: 3, failed: 1 (branch), warnings: 1

                """)
        #expect(text(CheckResult([("lab", [Self.good])]), isQuiet: true).isEmpty)
    }

    @Test func `JSON names all metrics that are missing, a line the first three`() throws {
        let names = (1...9).map { "darktrace_\($0)" }
        let attempt = Attempt(path: "/x", result: TransportResult(), error: APIError(.permission, "status 403"))
        let finding = Finding(of: .status, FeedCheck(attempt: attempt, metrics: names, masters: []))
        #expect(finding.text.hasSuffix("darktrace_1, darktrace_2, darktrace_3 and 6 more are not exposed"))
        struct Document: Decodable {
            struct Appliance: Decodable { let findings: [Line] }
            struct Line: Decodable { let missingMetrics: [String]? }
            let appliances: [Appliance]
        }
        let json = CheckResult([("hq", [Self.good, finding])]).json(isQuiet: false)
        let document = try JSONDecoder().decode(Document.self, from: Data(json))
        #expect(document.appliances.first?.findings.map(\.missingMetrics) == [nil, names])
    }

    @Test func `JSON has the same content`() throws {
        struct Document: Decodable, Equatable {
            struct Appliance: Decodable, Equatable {
                let name: String
                let findings: [[String: String]]
            }
            let appliances: [Appliance]
            let failed: [String]
            let warnings: Int
        }
        let good = ["severity": "ok", "subject": "reach", "text": "10.0.0.5:443 reachable"]
        let slow = ["severity": "warning", "subject": "clock", "text": "301 s behind"]
        let bad = ["severity": "failed", "subject": "tokens", "text": "a \"b\""]
        for isQuiet in [false, true] {
            let document = try JSONDecoder().decode(Document.self, from: Data(mixed.json(isQuiet: isQuiet)))
            let expected: [Document.Appliance] =
                isQuiet
                ? [.init(name: "hq", findings: [slow]), .init(name: "branch", findings: [bad])]
                : [
                    .init(name: "hq", findings: [good, slow]), .init(name: "branch", findings: [good, bad]),
                    .init(name: "lab", findings: [good]),
                ]
            #expect(document == Document(appliances: expected, failed: ["branch"], warnings: 1))
        }
    }
}
