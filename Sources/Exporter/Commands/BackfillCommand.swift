import Collector
package import Configuration
import Logging
import Metrics

/// `backfill`: requests the breaches of a past time range, writes them as OpenMetrics with timestamps, and ends.
///
/// Nothing is written before everything is read, and the state file is not opened: a running exporter has locked it.
package struct BackfillCommand: Sendable {
    private let services: SharedServices
    private let appliances: [Settings.Appliance]
    private let ranges: [String: BackfillRange]
    private let labels: [(name: String, value: String)]

    /// Resolves the time ranges; nothing is requested yet.
    ///
    /// - Throws: `InvalidBackfillFlag`, `OutputError`, or the transport's error without threads or memory.
    package init(_ settings: Settings, _ options: BackfillOptions, _ context: ProcessContext) async throws {
        try StandardOutput.requireOpen()
        appliances = settings.appliances.filter(\.isEnabled)
        ranges = try BackfillRangeResolver.ranges(options, of: appliances, now: UTC.now)
        labels = options.labels.map { ($0.name, $0.value) }
        var settings = settings
        settings.state = .file(":memory:")
        services = try await SharedServices(settings, context)
        logWarnings(options)
    }

    /// Returns when everything is written.
    ///
    /// - Throws: `BackfillError` or `InterruptedBySignal` before anything is written, `OutputError` when only a part
    ///   could be written; each is one line when described.
    package func run() async throws {
        do {
            let manager = services.pollManager(of: appliances, reporter: services.reporter())
            let histories = try await services.signals.cancelOnStop { try await manager.backfill(over: ranges) }
            services.signals.restoreDefaultActions()
            let size = try write(histories)
            services.logger.info(
                "Backfill written", ("breaches", String(histories.reduce(0) { $0 + $1.count })),
                ("samples", String(size.samples)), ("bytes", String(size.bytes)))
        } catch {
            await services.close()
            throw error
        }
        await services.close()
    }

    private func logWarnings(_ options: BackfillOptions) {
        let message = "Command line warning"
        if options.stepMilliseconds > 300_000 {
            services.logger.warn(
                message, ("warning", "--step is above 5m, the lookback of Prometheus; graphs will have gaps"))
        }
        if ranges.values.contains(where: { UTC.now - $0.end < BackfillRangeResolver.freshMilliseconds - 60_000 }) {
            services.logger.warn(
                message,
                ("warning", "the range ends less than three hours ago; a running Prometheus may lose samples of it"))
        }
    }

    /// Writes one family after the other, as the format requires, through a small buffer.
    private func write(_ histories: [BackfillHistory]) throws(OutputError) -> (samples: Int, bytes: Int) {
        var histories = histories
        var output = BufferedOutput()
        var samples = 0
        for family in BackfillHistory.families {
            let encoder = BackfillEncoder(family)
            encoder.writeMetadata(to: &output.bytes)
            for index in histories.indices {
                try histories[index].writeSamples(family, labels: labels) { (series, time) throws(OutputError) in
                    encoder.write(series, milliseconds: time, to: &output.bytes)
                    samples += 1
                    try output.writeIfFull()
                }
            }
        }
        output.bytes.append(contentsOf: TextFormat.openMetrics.end)
        try output.write()
        return (samples, output.written)
    }
}

/// Standard output through a buffer.
private struct BufferedOutput {
    var bytes: [UInt8] = []
    private(set) var written = 0

    private static let size = 1 << 18

    mutating func writeIfFull() throws(OutputError) {
        if bytes.count >= Self.size { try write() }
    }

    mutating func write() throws(OutputError) {
        try StandardOutput.write(bytes)
        written += bytes.count
        bytes.removeAll(keepingCapacity: true)
    }
}
