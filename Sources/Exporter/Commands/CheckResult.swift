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
    package func json(isQuiet: Bool) -> [UInt8] {
        let appliances = reports.compactMap { report -> JSONOutput? in
            let findings = report.findings.filter { !isQuiet || $0.mark != .ok }
            guard !isQuiet || !findings.isEmpty else { return nil }
            return .object(["name": .text(report.name), "findings": .list(findings.map(\.json))])
        }
        let document = JSONOutput.object([
            "appliances": .list(appliances), "failed": .list(failed.map(JSONOutput.text)),
            "warnings": .number(warnings),
        ])
        return document.bytes(isPretty: true) + [UInt8(ascii: "\n")]
    }
}

extension Finding {
    /// Without `missingMetrics` if no metric is missing because of it.
    fileprivate var json: JSONOutput {
        var members: [String: JSONOutput] = [
            "severity": .text(mark.rawValue.lowercased()), "subject": .text(subject.rawValue), "text": .text(text),
        ]
        if !missingMetrics.isEmpty { members["missingMetrics"] = .list(missingMetrics.map(JSONOutput.text)) }
        return .object(members)
    }
}
