import Collector
package import Configuration
import CurlTransport
import Darktrace
import Locking

/// `check`: asks every appliance once, all at the same time, and says in plain words how that went.
///
/// Nothing is counted and no state file is opened: a running exporter holds it.
package struct CheckCommand: Sendable {
    private let appliances: [Settings.Appliance]
    private let signals = Signals()
    private let loop: CurlLoop

    /// Makes ready to ask.
    ///
    /// - Throws: The transport's error without threads or memory.
    package init(_ settings: Settings) throws {
        try StandardOutput.requireOpen()
        appliances = settings.appliances
        loop = try CurlLoop()
    }

    /// Prints what was found; whether all is well, warnings aside.
    ///
    /// - Throws: `Stopped` or `OutputFailure`, each one line when described.
    package func run() async throws -> Bool {
        let reports = try await signals.cancelOnSignal { await examineAll() }
        var lines = zip(appliances, reports).flatMap { appliance, findings in
            findings.map { $0.line(of: appliance.name) }
        }
        let failed = reports.count { $0.contains { $0.mark == .failed } }
        let warnings = reports.joined().count { $0.mark == .warning }
        lines.append("\(Program.name): appliances: \(reports.count), failed: \(failed), warnings: \(warnings)")
        signals.restoreDefaultHandlers()
        try StandardOutput.write(Array((lines.joined(separator: "\n") + "\n").utf8))
        return failed == 0
    }

    /// In the order of the configuration.
    private func examineAll() async -> [[Finding]] {
        await withTaskGroup { group in
            for (index, appliance) in appliances.enumerated() {
                group.addTask(name: "appliance \(appliance.name)") { (index, await examine(appliance)) }
            }
            var reports: [Int: [Finding]] = [:]
            for await (index, findings) in group { reports[index] = findings }
            return reports.sorted { $0.key < $1.key }.map(\.value)
        }
    }

    private func examine(_ appliance: Settings.Appliance) async -> [Finding] {
        let plan = PollConfiguration(appliance, loop: loop)
        let credentials: Credentials
        do throws(SecretError) {
            credentials = try plan.credentials()
        } catch {
            return [Finding(.failed, .tokens, "secret: \(error.detail)")]
        }
        // Never without a window, and never a wide one: what is asked for is to be answered soon.
        let window = min(max(plan.overlap, 60), 3_600)
        let now = UTC.now
        let request = ModelBreachesRequest(
            startMilliseconds: now - Int64(window * 1_000), endMilliseconds: now)
        let sample = Locked(RecordStats())
        let attempt = await plan.client.send(request, credentials: credentials, wallMilliseconds: now) { record in
            sample.withLock { $0.take(record) }
            return true
        }
        let examination = Diagnosis(
            way: TargetInfo(appliance), attempt: attempt, sample: sample.withLock { $0 }, windowSeconds: window,
            nowMilliseconds: UTC.now)
        guard examination.allowsNextRequest else { return examination.findings }
        var findings = examination.findings
        for feed in plan.feeds {
            guard let attempt = await feed.ask(plan.client, credentials: credentials, wallMilliseconds: UTC.now) else {
                continue
            }
            findings.append(Finding(ofState: attempt))
        }
        return findings
    }
}
