import Collector
package import Configuration
import CurlTransport
import Darktrace
import Locking
import Logging

/// `check`: sends a request to every appliance at the same time and prints what works and what does not.
///
/// Nothing is counted and no state file is opened: a running exporter has locked it.
package struct CheckCommand: Sendable {
    private let appliances: [Settings.Appliance]
    private let options: CheckOptions
    private let signals: Signals
    private let loop: CurlLoop

    /// Starts the network thread.
    ///
    /// - Throws: `OutputError` without standard output, or the transport's error without threads or memory.
    package init(_ settings: Settings, _ options: CheckOptions, signals: Signals) throws {
        try StandardOutput.requireOpen()
        self.options = options
        self.signals = signals
        appliances = settings.appliances
        loop = try CurlLoop()
    }

    /// Prints the findings; returns whether every appliance can be polled, warnings aside.
    ///
    /// - Throws: `InterruptedBySignal` or `OutputError`, each one line when described.
    package func run() async throws -> Bool {
        let reports = try await signals.cancelOnStop { await diagnoseAll() }
        let result = CheckResult(zip(appliances, reports).map { ($0.name, $1) })
        signals.restoreDefaultActions()
        try StandardOutput.write(
            options.output == .json ? result.json(isQuiet: options.isQuiet) : result.text(isQuiet: options.isQuiet))
        return result.failed.isEmpty
    }

    /// In the order of the configuration.
    private func diagnoseAll() async -> [[Finding]] {
        await withTaskGroup { group in
            for (index, appliance) in appliances.enumerated() {
                group.addTask(name: "appliance \(appliance.name)") { (index, await diagnose(appliance)) }
            }
            var reports: [Int: [Finding]] = [:]
            for await (index, findings) in group { reports[index] = findings }
            return reports.sorted { $0.key < $1.key }.map(\.value)
        }
    }

    private func diagnose(_ appliance: Settings.Appliance) async -> [Finding] {
        let configuration = PollConfiguration(appliance, loop: loop)
        let credentials: Credentials
        do throws(SecretError) {
            credentials = try configuration.connection.credentials()
        } catch {
            let subject = error.reason == .tls ? Finding.Subject.certificate : .tokens
            return [Finding(.failed, subject, "\(error.reason.rawValue): \(error.detail)")]
        }
        // Without a window the API would send a year; a wide one would take long.
        let window = min(max(configuration.overlap.inSeconds, 60), 3_600)
        let now = UTC.now
        let request = ModelBreachesRequest(
            startMilliseconds: now - Int64(window * 1_000), endMilliseconds: now)
        let records = Locked(RecordStats())
        let attempt = await configuration.connection.client.send(
            request, credentials: credentials, wallMilliseconds: now
        ) {
            record in
            records.withLock { $0.add(record) }
            return true
        }
        var diagnosis = Diagnosis(
            target: TargetInfo(appliance), attempt: attempt, records: records.withLock { $0 }, windowSeconds: window,
            nowMilliseconds: UTC.now)
        if attempt.error?.reason == .date {
            diagnosis.acceptedDateFormat = await acceptedDateFormat(of: appliance, credentials, request)
        }
        guard diagnosis.allowsNextRequest else { return diagnosis.findings }
        var findings = diagnosis.findings
        for feed in configuration.feeds {
            let checks = await feed.check(
                configuration.connection.client, credentials: credentials,
                at: ApplianceTime(milliseconds: UTC.now))
            findings += checks.map { Finding(of: feed, $0) }
            findings += doubleCounting(of: configuration, masters: checks.flatMap(\.masters))
        }
        return findings
    }

    /// A warning for each configured appliance whose model breaches this Unified View also lists.
    private func doubleCounting(of view: PollConfiguration, masters: [[String]]) -> [Finding] {
        guard !masters.isEmpty else { return [] }
        var counting = DoubleCounting()
        for appliance in appliances {
            counting.configure(
                appliance.name, host: appliance.url.host,
                countsBreaches: appliance.feeds[FeedKind.modelBreaches.name]?.isEnabled ?? true)
        }
        counting.setMasters(masters.masters, of: view.name)
        return counting.newPairs().map { Finding(.warning, .breaches, $0.advice) }
    }

    /// Finds a date format that the appliance accepts in place of the configured one.
    private func acceptedDateFormat(
        of appliance: Settings.Appliance, _ credentials: Credentials, _ request: ModelBreachesRequest
    ) async -> String? {
        for format in Settings.DateFormat.allCases where format != appliance.dateFormat {
            var changed = appliance
            changed.dateFormat = format
            let client = PollConfiguration(changed, loop: loop).connection.client
            let attempt = await client.send(request, credentials: credentials, wallMilliseconds: UTC.now) { _ in true }
            // A refusal for another cause, such as too many requests, says nothing about the format.
            if attempt.error?.reason.isAboutRequest ?? true { return format.rawValue }
        }
        return nil
    }
}
