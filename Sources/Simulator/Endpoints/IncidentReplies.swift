import HTTPServer

/// `GET /aianalyst/groups`: the incidents that overlap the window, without the acknowledged ones unless asked for.
struct IncidentGroupsReply {
    var appliance: Appliance
    var faults: ActiveFaults

    func response(_ items: QueryItems) -> Response {
        do {
            let window = try IncidentWindow(items, appliance)
            let includesAcknowledged = try items.bool("includeacknowledged", default: false)
            let listed = appliance.incidents(in: window.world, faults)
                .filter { includesAcknowledged || !$0.isAcknowledged }
            return Reply.json(.list(listed.map(group)))
        } catch {
            return Reply.error("INPUT ERROR", path: "/aianalyst/groups")
        }
    }

    private func group(_ listed: Incidents.Listed) -> JSON {
        let (incident, isOld) = (listed.incident, faults.isOn(.oldIncidents))
        return [
            "id": .text("g\(incident.id)"), "active": true, "acknowledged": .bool(listed.isAcknowledged),
            "pinned": false, "userTriggered": false, "externalTriggered": false,
            "previousIds": .list(listed.merged.map { .text("g\($0.id)") }),
            "incidentEvents": .list(
                listed.events.map { event in
                    [
                        "uuid": .text(event.id), "start": .integer(appliance.shownTime(at: event.created)),
                        "title": .text(incident.title.text), "triggerDid": JSON(incident.device.id), "visible": true,
                    ]
                }),
            "mitreTactics": JSON(incident.title.tactics), "devices": [JSON(incident.device.id)],
            "initialDevices": [JSON(incident.device.id)],
            "category": isOld ? .null : .text(listed.category), "groupScore": faults.groupScore(listed.score),
            "start": .integer(appliance.shownTime(at: listed.start)),
            "end": .integer(appliance.shownTime(at: listed.end)), "edges": [],
        ]
    }
}

/// `GET /aianalyst/incidentevents`: the events of the window, sorted by score.
struct IncidentEventsReply {
    var appliance: Appliance
    var faults: ActiveFaults

    func response(_ items: QueryItems) -> Response {
        do {
            let window = try IncidentWindow(items, appliance)
            let includesAcknowledged = try items.bool("includeacknowledged", default: false)
            let events = appliance.incidents(in: window.world, faults)
                .filter { includesAcknowledged || !$0.isAcknowledged }
                .flatMap { listed in listed.events.map { (listed, $0) } }
                .filter { window.world.contains($0.1.created) }
                .sorted { ($1.0.score, $0.1.created, $0.1.id) < ($0.0.score, $1.1.created, $1.1.id) }
            return Reply.json(.list(events.map(event)))
        } catch {
            return Reply.error("INPUT ERROR", path: "/aianalyst/incidentevents")
        }
    }

    private func event(_ listed: Incidents.Listed, _ event: Incidents.Event) -> JSON {
        let (incident, isOld) = (listed.incident, faults.isOn(.oldIncidents))
        let (device, time) = (incident.device, appliance.shownTime(at: event.created))
        return [
            "id": .text(event.id), "summariser": .text(incident.title.summariser), "title": .text(incident.title.text),
            "acknowledged": .bool(listed.isAcknowledged), "pinned": false, "createdAt": .integer(time),
            "attackPhases": isOld ? .null : [5], "mitreTactics": JSON(incident.title.tactics),
            "children": [.text(event.id)], "category": isOld ? .null : .text(event.category),
            "currentGroup": isOld ? .null : .text("g\(incident.id)"),
            "groupCategory": isOld ? .null : .text(listed.category),
            "groupScore": faults.groupScore(listed.score), "groupPreviousGroups": isOld ? .null : [],
            "activityId": "da39a3ee", "groupingIds": ["5e6c9a5b"], "groupByActivity": false, "userTriggered": false,
            "externalTriggered": false, "aiaScore": .number(50 + event.score / 2),
            "summary": .text("The device \(device.hostname ?? "without a name") did something unusual."),
            "periods": [["start": .integer(time - 900_000), "end": .integer(time - 60_000)]], "sender": .null,
            "breachDevices": [
                [
                    "identifier": .optional(device.hostname), "hostname": .optional(device.hostname),
                    "ip": .optional(device.address), "mac": .null, "subnet": .null, "did": JSON(device.id),
                    "sid": JSON(device.subnet ?? 0),
                ]
            ], "relatedBreaches": [], "details": [],
        ]
    }
}

/// The window of a request to AI Analyst, in world time; the last week if none is given.
private struct IncidentWindow {
    let world: ClosedRange<Int64>

    init(_ items: QueryItems, _ appliance: Appliance) throws(InputError) {
        let week: Int64 = 7 * 86_400_000
        let end = try items.integer("endtime") ?? appliance.shownTime
        let start = try items.integer("starttime") ?? end.subtractingReportingOverflow(week).partialValue
        guard start <= end else { throw InputError() }
        // There is nothing before the history, nor in the future.
        let first = max(start, appliance.shownTime(at: appliance.population.epoch))
        let last = min(end, appliance.shownTime)
        world = first <= last ? appliance.skew.world(showing: first...last) : .max ... .max
    }
}

extension ActiveFaults {
    /// The score of an incident as this version writes it.
    fileprivate func groupScore(_ score: Double) -> JSON {
        switch value(.groupScore) {
        case "text": .text(JSON.number(score).text)
        case "null": .null
        default: .number(score)
        }
    }
}

extension Appliance {
    /// The incidents that overlap a range of world time.
    func incidents(in range: ClosedRange<Int64>, _ faults: ActiveFaults) -> [Incidents.Listed] {
        Incidents(seed: population.maker.seed, appliance: name, epoch: population.epoch).listed(
            at: world.now, overlapping: range, devices: population.maker.devices,
            areAcknowledged: !faults.isOn(.youngSite))
    }
}
