import Collector
import Metrics

/// Sees all that is exposed, over restarts, and complains when a counter falls, a series goes away or a new model's
/// series does not show 0 first.
final class ExpositionChecker: @unchecked Sendable {
    // Unchecked: everything happens on the loop's one thread.
    private let loop: Loop
    /// How long at least the series of a new model must show 0, in seconds; nil is not at all.
    private let hold: Int64?
    private let isPrinted: Bool
    private let clocksStep: Bool
    private(set) var complaints: [String] = []
    /// Numbers by family and labels.
    private(set) var last: [String: Double] = [:]
    private var latest: [MetricFamily] = []
    private var cursor: MetricFamily?
    private var bornAtZero: [String: Int64] = [:]
    private var isComplete = false
    private var wasComplete = false

    /// - Parameter isPrinted: It is seen only where a run ends, so that a 0 lasts from one print to the next.
    init(loop: Loop, climate: FaultProfile, isPrinted: Bool) {
        self.loop = loop
        self.isPrinted = isPrinted
        hold = climate.hold == 0 ? nil : isPrinted ? 0 : climate.hold
        clocksStep = climate.clocksStep
    }

    /// - Parameter wall: The clock of the exporter, in milliseconds since 1970.
    func publish(_ families: [MetricFamily], wall: Int64) {
        judgeCursor(families, wall)
        if !isPrinted { show(families) }
    }

    /// Somebody sees this.
    func show(_ families: [MetricFamily]) {
        guard families != latest else { return }
        latest = families
        var numbers: [String: Double] = [:]
        for family in families where family.descriptor != BreachMetrics.pollCursor {
            for series in family.series {
                let name = family.descriptor.name + "{" + String(decoding: series.labels.rendered, as: UTF8.self) + "}"
                switch series.value {
                case .number(let value, _): numbers[name] = value
                case .histogram(let distribution):
                    numbers[name + "sum"] = distribution.sum
                    for (index, count) in distribution.counts.enumerated() { numbers[name + "\(index)"] = count }
                }
            }
        }
        compare(numbers)
        last = numbers
    }

    /// Nobody was asked about the future: a cursor that moves is not later than now, as exactly as clocks are known.
    private func judgeCursor(_ families: [MetricFamily], _ wall: Int64) {
        guard let family = families.first(where: { $0.descriptor == BreachMetrics.pollCursor }), family != cursor
        else { return }
        let isFirst = cursor == nil
        cursor = family
        guard !isFirst, case .number(let seconds, _) = family.series.first?.value else { return }
        if !wasComplete, !isPrinted, families.contains(where: { $0.descriptor == BreachMetrics.score }), !clocksStep,
            seconds * 1_000 < Double(wall) - 120_000
        {
            complaints.append("breaches appeared when everything up to \(seconds) was asked for, it is \(wall)")
        }
        if seconds * 1_000 > Double(wall) + 6_000 { complaints.append("the cursor is \(seconds), it is \(wall)") }
    }

    private func compare(_ numbers: [String: Double]) {
        let score = BreachMetrics.score.name
        isComplete = numbers.keys.contains { $0.hasPrefix(score) }
        for (name, before) in last where !isGauge(name) {
            guard let now = numbers[name] else {
                complaints.append("\(name) went away")
                continue
            }
            if now < before { complaints.append("\(name) fell from \(before) to \(now)") }
        }
        for (name, value) in numbers where name.hasPrefix(BreachMetrics.modelBreaches.name) {
            judgeHold(name, value)
        }
        wasComplete = wasComplete || isComplete
    }

    private func judgeHold(_ name: String, _ value: Double) {
        if last[name] == nil, wasComplete, hold != nil {
            if value != 0 { complaints.append("\(name) was born with \(value)") }
            bornAtZero[name] = loop.now
        }
        if value > 0, let birth = bornAtZero.removeValue(forKey: name), loop.now - birth < (hold ?? 0) * 1_000_000_000 {
            complaints.append("\(name) was released after \((loop.now - birth) / 1_000_000_000) s")
        }
    }

    /// All breaches that are told now; nil before any are.
    var total: Double? {
        isComplete ? last.reduce(0) { $1.key.hasPrefix(BreachMetrics.modelBreaches.name) ? $0 + $1.value : $0 } : nil
    }

    /// When the ledger begins, in milliseconds since 1970.
    var ledgerStart: Int64? {
        last["\(BreachMetrics.ledgerStart.name){appliance=\"hq\"}"].map { Int64(($0 * 1_000).rounded()) }
    }

    /// Breaches that only a recheck found.
    var foundLate: Int { Int(last["\(BreachMetrics.foundLate.name){appliance=\"hq\"}"] ?? 0) }

    /// A process starts: what is still at 0 begins its hold anew.
    func restart() {
        cursor = nil
        for name in bornAtZero.keys { bornAtZero[name] = loop.now }
    }

    private func isGauge(_ name: String) -> Bool {
        name.hasPrefix(BreachMetrics.modelsLimit.name)
    }
}
