import Collector
package import Configuration
import Metrics

/// `backfill`: asks every appliance for a part of the past, writes it as OpenMetrics with times, and ends.
///
/// Nothing is written before everything is known, and the state file is not opened: a running exporter holds it.
package struct BackfillCommand: Sendable {
    private let services: SharedServices
    private let appliances: [Settings.Appliance]
    private let stretches: [String: BackfillRange]
    private let labels: [(name: String, value: String)]

    /// Makes ready to ask.
    ///
    /// - Throws: `UnusableOrder`, `OutputFailure`, or the transport's error without threads or memory.
    package init(_ settings: Settings, _ order: BackfillOptions, warnings: [Warning]) async throws {
        try StandardOutput.requireOpen()
        stretches = try BackfillRangeResolver.stretches(order, of: settings.appliances, now: UTC.now)
        labels = order.labels.map { ($0.name, $0.value) }
        appliances = settings.appliances
        var settings = settings
        settings.statePath = ":memory:"
        services = try await SharedServices(settings, warnings: warnings)
        warn(order)
    }

    /// Returns when everything is written.
    ///
    /// - Throws: `LostHistory` or `Stopped` before anything is written, `OutputFailure` when only a part could be; each
    ///   is one line when described.
    package func run() async throws {
        do {
            let collection = services.collection(of: appliances, reporter: services.reporter())
            let chronicles = try await services.signals.cancelOnSignal {
                try await collection.backfill(over: stretches)
            }
            services.signals.restoreDefaultHandlers()
            let size = try write(chronicles)
            services.logger.info(
                "The history is written", ("breaches", String(chronicles.reduce(0) { $0 + $1.count })),
                ("samples", String(size.samples)), ("bytes", String(size.bytes)))
        } catch {
            await services.close()
            throw error
        }
        await services.close()
    }

    private func warn(_ order: BackfillOptions) {
        if order.stepMilliseconds > 300_000 {
            services.logger.warn(
                "Check the command line",
                ("warning", "--step is above 5m, for which Prometheus looks back; graphs will have gaps"))
        }
        if stretches.values.contains(where: { UTC.now - $0.end < BackfillRangeResolver.freshMilliseconds - 60_000 }) {
            services.logger.warn(
                "Check the command line",
                ("warning", "the range ends less than three hours ago; a Prometheus that runs may lose samples of it"))
        }
    }

    /// Family after family, as the format wants it, through a small buffer.
    private func write(_ chronicles: [BackfillHistory]) throws(OutputError) -> (samples: Int, bytes: Int) {
        var chronicles = chronicles
        var output = BufferedOutput()
        var samples = 0
        for family in BackfillHistory.families {
            let encoder = BackfillEncoder(family)
            encoder.writeMetadata(to: &output.bytes)
            for index in chronicles.indices {
                try chronicles[index].writeSamples(family, labels: labels) { (series, time) throws(OutputError) in
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
