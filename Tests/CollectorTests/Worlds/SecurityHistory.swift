/// What Autonomous Response and AI Analyst have to report over the life of an appliance, in true time.
struct SecurityHistory {
    private(set) var actions: [ResponseAction] = []
    private(set) var events: [IncidentEvent] = []
    private(set) var incidents: [Incident] = []

    private static let minute: Int64 = 60_000
    private static let hour: Int64 = 3_600_000

    /// Nothing.
    init() {}

    /// - Parameter history: Its clocks and its end; the exporter counts everything that begins before that end.
    init(_ profile: FaultProfile, in history: History, _ rng: inout SeededRNG) {
        for instant in Self.instants(profile, history, &rng) {
            actions.append(Self.action(Int64(actions.count + 1), instant, profile, history, &rng))
        }
        for instant in Self.instants(profile, history, &rng) {
            events.append(Self.event(events.count, instant, profile, history, &rng))
        }
        for instant in Self.instants(profile, history, &rng).prefix(12) {
            incidents.append(Self.incident(incidents.count, instant, history, &rng))
        }
    }

    private static func instants(_ profile: FaultProfile, _ history: History, _ rng: inout SeededRNG) -> [Int64] {
        let earliest = History.origin - (profile.lookback + 2 * profile.recheckWindow) * 1_000
        return (0..<profile.count).map { _ in
            rng.pick(rng.once(in: 2) ? History.origin...history.faultsEnd : earliest...History.origin)
        }.sorted()
    }

    /// When the appliance starts to list what happens at an instant.
    private static func listed(
        _ instant: Int64, _ profile: FaultProfile, _ history: History, _ rng: inout SeededRNG
    ) -> Int64 {
        let window = profile.recheckWindow * 1_000
        let late = rng.once(in: 3) ? rng.pick([window, rng.pick(0...window), minute]) : 0
        return max(instant, min(instant + late, history.faultsEnd))
    }

    private static func action(
        _ code: Int64, _ instant: Int64, _ profile: FaultProfile, _ history: History, _ rng: inout SeededRNG
    ) -> ResponseAction {
        let isManual = rng.once(in: 4)
        var activated: Int64? = instant
        // Clocks differ by less than three hours: no person confirms what the exporter may take for expired.
        var lasts = rng.pick([3, 4, 8]) * hour
        if !isManual, rng.once(in: 2) {
            // During a long downtime of the exporter people hesitate for days.
            let longest = max(hour, min(6 * 24 * hour, history.faultsEnd - instant))
            let hesitation = rng.pick([minute, rng.pick(minute...hour), rng.pick(minute...longest)])
            if rng.once(in: 3) {
                activated = nil
                lasts = max(hour, hesitation)
            } else {
                activated = instant + hesitation
                lasts += hesitation
            }
        }
        let ended = rng.once(in: 4) ? activated.map { $0 + rng.pick(minute...3 * hour) } : nil
        let start = instant + history.applianceOffset(at: instant)
        return ResponseAction(
            code: code, device: rng.pick(1...5), isManual: isManual, start: start, expires: start + lasts,
            listed: listed(instant, profile, history, &rng), activated: activated, cleared: ended,
            defect: rng.once(in: 8) ? rng.pick(ResponseAction.RecordDefect.allCases) : .none)
    }

    private static func event(
        _ index: Int, _ instant: Int64, _ profile: FaultProfile, _ history: History, _ rng: inout SeededRNG
    ) -> IncidentEvent {
        let listed = listed(instant, profile, history, &rng)
        return IncidentEvent(
            id: "80010119-6d7f-0000-0305-5e\(10_000 + index)", created: instant + history.applianceOffset(at: instant),
            listed: listed, category: rng.pick(["critical", "suspicious", "Compliance", "brand new", nil]),
            escalated: rng.once(in: 5) ? listed + rng.pick(minute...2 * hour) : nil,
            acknowledged: rng.once(in: 3) ? listed + rng.pick(minute...hour) : nil, isPinned: rng.once(in: 8),
            defect: rng.once(in: 8) ? rng.pick(IncidentEvent.RecordDefect.allCases) : .none)
    }

    private static func incident(
        _ index: Int, _ instant: Int64, _ history: History, _ rng: inout SeededRNG
    ) -> Incident {
        let isMerged = index > 0 && rng.once(in: 3)
        return Incident(
            id: index, start: instant + history.applianceOffset(at: instant), begun: instant,
            ended: instant + rng.pick(0...6 * hour), quarters: rng.pick(0...200), growth: rng.pick(0...12),
            acknowledged: rng.once(in: 3) ? instant + rng.pick(minute...4 * hour) : nil,
            merged: isMerged ? (instant + rng.pick(minute...4 * hour), Int(rng.pick(0...Int64(index - 1)))) : nil,
            isPinned: rng.once(in: 6), hasCategory: !rng.once(in: 5),
            scoreForm: rng.once(in: 3) ? rng.pick(Incident.ScoreForm.allCases) : .number)
    }

    /// The incidents at an instant, each with those that have been merged into it.
    func incidents(at now: Int64, clock: Int64) -> [IncidentState] {
        var states: [Int: IncidentState] = [:]
        // Incidents are merged into earlier ones, and those of one instant in the order of the history.
        for (index, incident) in incidents.enumerated() where incident.begun <= now {
            var place = index
            while let merged = incidents[place].merged, merged.at <= now { place = merged.into }
            let state = IncidentState(incident, at: now, clock: clock)
            if place == index { states[index] = state } else { states[place]?.merge(state) }
        }
        return states.sorted { $0.key < $1.key }.map(\.value)
    }
}
