import FoundationEssentials

/// What `check` found out about all appliances, as text for people or as JSON for scripts.
package struct CheckResult: Sendable {
    private let reports: [(name: String, findings: [Finding])]

    /// - Parameter reports: The findings of each appliance, in the order of the output.
    package init(_ reports: [(name: String, findings: [Finding])]) { self.reports = reports }

    /// The names of the appliances that cannot be polled.
    package var failed: [String] {
        reports.filter { $0.findings.contains { $0.mark == .failed } }.map(\.name)
    }

    private var warnings: Int { reports.reduce(0) { $0 + $1.findings.count { $0.mark == .warning } } }

    /// One line for each finding, then one with the sums that names what failed; with `isQuiet` nothing that is good.
    package func text(isQuiet: Bool) -> [UInt8] {
        var lines = reports.flatMap { report in
            report.findings.filter { !isQuiet || $0.mark != .ok }.map { $0.line(of: report.name) }
        }
        if !isQuiet || !lines.isEmpty {
            let names = failed.isEmpty ? "" : " (\(failed.joined(separator: ", ")))"
            lines.append(
                "\(Program.name): appliances: \(reports.count), failed: \(failed.count)\(names), warnings: \(warnings)")
        }
        return Array(lines.map { $0 + "\n" }.joined().utf8)
    }

    /// One object with the same content.
    package func json(isQuiet: Bool) throws -> [UInt8] {
        struct Document: Encodable {
            let appliances: [Appliance]
            let failed: [String]
            let warnings: Int
        }
        struct Appliance: Encodable {
            let name: String
            let findings: [Line]
        }
        struct Line: Encodable {
            let severity: String
            let subject: String
            let text: String
            /// Nil if no metric is missing because of it.
            let missingMetrics: [String]?
        }
        let appliances = reports.map { report in
            Appliance(
                name: report.name,
                findings: report.findings.filter { !isQuiet || $0.mark != .ok }.map { finding in
                    Line(
                        severity: finding.mark.rawValue.lowercased(), subject: finding.subject.rawValue,
                        text: finding.text,
                        missingMetrics: finding.missingMetrics.isEmpty ? nil : finding.missingMetrics)
                })
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let document = Document(
            appliances: appliances.filter { !isQuiet || !$0.findings.isEmpty }, failed: failed, warnings: warnings)
        return Array(try encoder.encode(document)) + [UInt8(ascii: "\n")]
    }
}
