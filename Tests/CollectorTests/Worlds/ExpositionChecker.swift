import Collector
import Foundation
import Metrics

/// Checks everything that is exposed, across restarts: no counter falls, no series disappears, and the series of a new
/// model is exposed as 0 first.
final class ExpositionChecker: @unchecked Sendable {
    // Unchecked: everything happens on the loop's one thread.
    private let loop: Loop
    private let appliance: String
    /// How long the series of a new model must be exposed as 0, in seconds; nil when it need not.
    private let hold: Int64?
    private let isPrinted: Bool
    private let clocksStep: Bool
    private(set) var violations: [String] = []
    /// Numbers by family and labels.
    private(set) var last: [String: Double] = [:]
    private var latest: [MetricFamily] = []
    private var cursor: MetricFamily?
    private var heldSince: [String: Int64] = [:]
    private var isComplete = false
    private var wasComplete = false

    /// - Parameter isPrinted: Families are exposed only at the end of a run, so a 0 lasts from one run to the next.
    init(of appliance: String, loop: Loop, profile: FaultProfile, isPrinted: Bool) {
        self.appliance = appliance
        self.loop = loop
        self.isPrinted = isPrinted
        hold = profile.hold == 0 ? nil : isPrinted ? 0 : profile.hold
        clocksStep = profile.clocksStep
    }

    /// - Parameter wall: The clock of the exporter, in milliseconds since 1970.
    func publish(_ families: [MetricFamily], wall: Int64) {
        checkCursor(families, wall)
        if !isPrinted { show(families) }
    }

    /// Checks families that a scrape or a reader receives.
    func show(_ families: [MetricFamily]) {
        // Most polls move the cursor only.
        let families = families.filter { $0.descriptor != BreachMetrics.pollCursor }
        guard families != latest else { return }
        latest = families
        var numbers: [String: Double] = [:]
        for family in families {
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

    /// A cursor that moves forward is never later than now, as exactly as clocks are known. At a start it is the one that
    /// was written, which may be earlier than the last one that was exposed.
    private func checkCursor(_ families: [MetricFamily], _ wall: Int64) {
        guard let family = families.first(where: { $0.descriptor == BreachMetrics.pollCursor }), family != cursor
        else { return }
        let last = cursor
        cursor = family
        guard case .number(let before, _) = last?.series.first?.value,
            case .number(let seconds, _) = family.series.first?.value, seconds > before
        else { return }
        if !wasComplete, !isPrinted, families.contains(where: { $0.descriptor == BreachMetrics.score }), !clocksStep,
            seconds * 1_000 < Double(wall) - 120_000
        {
            violations.append("breaches appeared when everything up to \(seconds) was requested, it is \(wall)")
        }
        if seconds * 1_000 > Double(wall) + 6_000 { violations.append("the cursor is \(seconds), it is \(wall)") }
    }

    private func compare(_ numbers: [String: Double]) {
        let score = BreachMetrics.score.name
        isComplete = numbers.keys.contains { $0.hasPrefix(score) }
        for (name, before) in last where !isGauge(name) {
            guard let now = numbers[name] else {
                violations.append("\(name) disappeared")
                continue
            }
            if now < before { violations.append("\(name) fell from \(before) to \(now)") }
        }
        for (name, value) in numbers where name.hasPrefix(BreachMetrics.modelBreaches.name) {
            checkHold(name, value)
        }
        wasComplete = wasComplete || isComplete
    }

    private func checkHold(_ name: String, _ value: Double) {
        if last[name] == nil, wasComplete, hold != nil {
            if value != 0 { violations.append("\(name) was born with \(value)") }
            heldSince[name] = loop.now
        }
        if value > 0, let start = heldSince.removeValue(forKey: name), loop.now - start < (hold ?? 0) * 1_000_000_000 {
            violations.append("\(name) was released after \((loop.now - start) / 1_000_000_000) s")
        }
    }

    /// Number of exposed breaches; nil until the first lookback is complete.
    var total: Double? {
        isComplete ? last.reduce(0) { $1.key.hasPrefix(BreachMetrics.modelBreaches.name) ? $0 + $1.value : $0 } : nil
    }

    /// Start of the ledger in milliseconds since 1970.
    var ledgerStart: Int64? {
        last["\(BreachMetrics.ledgerStart.name){appliance=\"\(appliance)\"}"].map { Int64(($0 * 1_000).rounded()) }
    }

    /// Breaches that only a recheck found.
    var foundLate: Int { Int(last["\(BreachMetrics.foundLate.name){appliance=\"\(appliance)\"}"] ?? 0) }

    /// A process starts: the holds of series that are still 0 start again.
    func restart() {
        cursor = nil
        for name in heldSince.keys { heldSince[name] = loop.now }
    }

    /// Another process goes on: it exposes what is held for no shorter than the former one would have.
    func takeOver() { cursor = nil }

    private func isGauge(_ name: String) -> Bool {
        name.hasPrefix(BreachMetrics.modelsLimit.name)
    }
}
