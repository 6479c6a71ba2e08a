/// The incidents of AI Analyst: a pure function of seed and time. They grow by events, some merge into another one, and
/// people acknowledge them and sometimes open them again. All times are world milliseconds.
struct Incidents: Sendable {
    var seed: UInt64
    var appliance: String
    /// Nothing began before.
    var epoch: Int64

    /// At most one incident begins in each slot.
    static let slot: Int64 = 4 * 3_600_000
    /// The last event of an incident comes no later after its first one.
    static let longest: Int64 = 24 * 3_600_000

    /// One incident over its whole life.
    struct Incident: Sendable {
        var number: Int64
        var id: String
        var title: IncidentTitle
        var device: Device
        /// Oldest first; the first one begins the incident.
        var events: [Event]
        /// When it became part of the incident before it; nil for never.
        var merged: Int64?
        var acknowledged: Int64?
        var reopened: Int64?

        var start: Int64 { events[0].created }
    }

    struct Event: Sendable {
        var id: String
        var created: Int64
        /// Of the whole incident, as of this event: 0 to 100.
        var score: Double

        var category: String { score > 60 ? "critical" : score > 30 ? "suspicious" : "compliance" }
    }

    /// The incident that begins in a slot; nil if there is none.
    func incident(_ number: Int64, devices: DevicePool) -> Incident? {
        var random = SeededGenerator(seed: seed, "incidents of \(appliance)", number)
        guard random.chance(0.7) else { return nil }
        let start = number * Self.slot + random.below(Self.slot)
        guard start >= epoch else { return nil }
        let id = random.uuid()
        let title = random.pick(IncidentTitle.all) ?? IncidentTitle.all[0]
        let device = devices.device(for: .network, &random)
        var score = (5 + random.unit() * 60).rounded()
        var created = start
        var events: [Event] = []
        for _ in 0...Int(random.below(6)) where created < start + Self.longest {
            events.append(Event(id: random.uuid(), created: created, score: score))
            created += 600_000 + random.below(4 * 3_600_000)
            score = min(100, score + 2 + Double(random.below(12)))
        }
        let (merges, mergedIn) = (random.chance(0.3), 1_800_000 + random.below(3_600_000))
        let (isAcknowledged, seen) = (random.chance(0.6), start + 300_000 + random.below(8 * 3_600_000))
        let (isReopened, reopenedIn) = (random.chance(0.15), 3_600_000 + random.below(12 * 3_600_000))
        let acknowledged = isAcknowledged ? OnCall.next(after: seen) : nil
        return Incident(
            number: number, id: id, title: title, device: device, events: events,
            // Only odd ones merge, and only into even ones, so that none merges into one that is gone.
            merged: merges && number % 2 != 0 ? start + mergedIn : nil, acknowledged: acknowledged,
            reopened: isReopened ? acknowledged.map { $0 + reopenedIn } : nil)
    }

    /// The incidents that began within this range, oldest first.
    func begun(in range: ClosedRange<Int64>, devices: DevicePool) -> [Incident] {
        let first = CivilTime.floorDivide(max(range.lowerBound, epoch), Self.slot)
        let last = CivilTime.floorDivide(range.upperBound, Self.slot)
        guard first <= last else { return [] }
        return (first...last).compactMap { incident($0, devices: devices) }.filter { range.contains($0.start) }
    }

    /// What the appliance lists at an instant: one incident with all that merged into it.
    struct Listed: Sendable {
        var incident: Incident
        var merged: [Incident]
        /// The events that have happened, also of the merged ones, oldest first.
        var events: [Event]
        var isAcknowledged: Bool

        var score: Double { events.map(\.score).max() ?? 0 }
        var category: String { events.max { $0.score < $1.score }?.category ?? "compliance" }
        var start: Int64 { events.first?.created ?? incident.start }
        var end: Int64 { events.last?.created ?? incident.start }
    }

    /// The incidents at `now` that overlap a range.
    ///
    /// - Parameter areAcknowledged: Whether anybody acknowledges them.
    func listed(
        at now: Int64, overlapping range: ClosedRange<Int64>, devices: DevicePool, areAcknowledged: Bool
    ) -> [Listed] {
        let upper = min(now, range.upperBound)
        let lower = range.lowerBound - Self.longest - 3 * Self.slot
        guard lower <= upper else { return [] }
        let begun = begun(in: lower...now, devices: devices)
        let byNumber = Dictionary(begun.map { ($0.number, $0) }) { first, _ in first }
        func target(of incident: Incident) -> Incident? {
            guard let merged = incident.merged, merged <= now else { return nil }
            return byNumber[incident.number - 1]
        }
        return begun.compactMap { incident -> Listed? in
            guard target(of: incident) == nil else { return nil }
            let merged = byNumber[incident.number + 1].flatMap { target(of: $0) == nil ? nil : [$0] } ?? []
            let events = ([incident] + merged).flatMap(\.events).filter { $0.created <= now }
                .sorted { ($0.created, $0.id) < ($1.created, $1.id) }
            let isAcknowledged =
                areAcknowledged && (incident.acknowledged ?? .max) <= now && (incident.reopened ?? .max) > now
            let listed = Listed(incident: incident, merged: merged, events: events, isAcknowledged: isAcknowledged)
            return listed.start <= range.upperBound && listed.end >= range.lowerBound ? listed : nil
        }
    }
}

/// A title of AI Analyst with its summariser and tactics.
struct IncidentTitle: Sendable {
    var summariser: String
    var text: String
    var tactics: [String]

    static let all = [
        IncidentTitle(
            summariser: "ExternalTransferSummary", text: "Unusual External Data Transfer", tactics: ["exfiltration"]),
        IncidentTitle(
            summariser: "ScanSummary", text: "TCP Port Scanning", tactics: ["discovery", "reconnaissance"]),
        IncidentTitle(
            summariser: "HttpAgentSummary", text: "Possible HTTP Command and Control",
            tactics: ["command-and-control"]),
        IncidentTitle(
            summariser: "AdminConnSummary", text: "Unusual SSH Connections", tactics: ["lateral-movement"]),
        IncidentTitle(
            summariser: "SmbEncryptionSummary", text: "Encryption of Files over SMB", tactics: ["impact"]),
    ]
}

/// When people look: on working days by day, and only now and then at night and on weekends.
enum OnCall {
    /// The first instant from `instant` on at which somebody works: between 08:00 and 18:00 UTC, on weekends at 10:00.
    static func next(after instant: Int64) -> Int64 {
        let day: Int64 = 86_400_000
        var today = CivilTime.floorDivide(instant, day)
        while true {
            // 1 January 1970 was a Thursday.
            let isWeekend = [2, 3].contains((today % 7 + 7) % 7)
            let (begin, end) = isWeekend ? (10, 11) : (8, 18)
            let (open, close) = (today * day + Int64(begin) * 3_600_000, today * day + Int64(end) * 3_600_000)
            if instant < close { return max(instant, open) }
            today += 1
        }
    }
}

extension SeededGenerator {
    /// A random UUID in lower case.
    mutating func uuid() -> String {
        let digits = Array("0123456789abcdef")
        return [8, 4, 4, 4, 12].map { count in
            String((0..<count).map { _ in digits[Int(below(16))] })
        }.joined(separator: "-")
    }
}
