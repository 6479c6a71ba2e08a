import HTTPServer

/// `GET /aianalyst/incidentevents`: events of the window, sorted by score.
struct IncidentEventsReply {
    var appliance: Appliance
    var faults: ActiveFaults

    private struct Title: Sendable {
        var summariser: String
        var text: String
        var tactics: [String]
    }
    private static let titles = [
        Title(summariser: "ExternalTransferSummary", text: "Unusual External Data Transfer", tactics: ["exfiltration"]),
        Title(summariser: "ScanSummary", text: "TCP Port Scanning", tactics: ["discovery", "reconnaissance"]),
        Title(
            summariser: "HttpAgentSummary", text: "Possible HTTP Command and Control", tactics: ["command-and-control"]),
        Title(summariser: "AdminConnSummary", text: "Unusual SSH Connections", tactics: ["lateral-movement"]),
        Title(summariser: "SmbEncryptionSummary", text: "Encryption of Files over SMB", tactics: ["impact"]),
    ]

    func response(_ items: QueryItems) -> Response {
        let week: Int64 = 7 * 86_400_000
        let start: Int64
        let end: Int64
        do {
            let (givenStart, givenEnd) = (try items.integer("starttime"), try items.integer("endtime"))
            end = givenEnd ?? appliance.shownTime
            start = givenStart ?? end.subtractingReportingOverflow(week).partialValue
        } catch {
            return Reply.error("INPUT ERROR", path: "/aianalyst/incidentevents")
        }
        // One event every nine hours, at instants that do not depend on the request.
        let every: Int64 = 9 * 3_600_000
        let latest = min(end, appliance.shownTime)
        let earliest = max(start, latest - 366 * 86_400_000, appliance.population.epoch)
        guard earliest <= latest else { return Reply.json([]) }
        let numbers =
            CivilTime.floorDivide(
                earliest + every - 1, every)...max(
                CivilTime.floorDivide(earliest + every - 1, every), CivilTime.floorDivide(latest, every))
        let events = numbers.filter { (earliest...latest).contains($0 * every) }.map { event($0, at: $0 * every) }
        let ordered = events.sorted { ($1.score, $0.time) < ($0.score, $1.time) }
        return Reply.json(.list(ordered.map(\.json)))
    }

    private func event(_ number: Int64, at time: Int64) -> (score: Double, time: Int64, json: JSON) {
        var random = SeededGenerator(seed: appliance.population.maker.seed, "incidents of \(appliance.name)", number)
        let title = random.pick(Self.titles) ?? Self.titles[0]
        let device = appliance.population.maker.devices.device(for: .network, &random)
        let score = (1.5 + random.unit() * 60).rounded()
        let category = score > 45 ? "critical" : score > 20 ? "suspicious" : "compliance"
        let id = uuid(&random)
        return (
            score, time,
            [
                "id": .text(id), "summariser": .text(title.summariser), "title": .text(title.text),
                "acknowledged": .bool(random.chance(0.2)), "pinned": false, "createdAt": .integer(time + 60_000),
                "attackPhases": [5], "mitreTactics": JSON(title.tactics), "children": [.text(id)],
                "category": .text(category), "currentGroup": .text("g\(id)"), "groupCategory": .text(category),
                "groupScore": groupScore(score), "groupPreviousGroups": [], "activityId": "da39a3ee",
                "groupingIds": ["5e6c9a5b"], "groupByActivity": false, "userTriggered": false,
                "externalTriggered": false, "aiaScore": JSON(50 + Int(random.below(51))),
                "summary": .text("The device \(device.hostname ?? "without a name") did something unusual."),
                "periods": [["start": .integer(time - 900_000), "end": .integer(time)]], "sender": .null,
                "breachDevices": [
                    [
                        "identifier": .optional(device.hostname), "hostname": .optional(device.hostname),
                        "ip": .optional(device.address), "mac": .null, "subnet": .null, "did": JSON(device.id),
                        "sid": JSON(device.subnet ?? 0),
                    ]
                ], "relatedBreaches": [], "details": [],
            ]
        )
    }

    private func groupScore(_ score: Double) -> JSON {
        switch faults.value(.groupScore) {
        case "text": .text(JSON.number(score).text)
        case "null": .null
        default: .number(score)
        }
    }

    private func uuid(_ random: inout SeededGenerator) -> String {
        let digits = Array("0123456789abcdef")
        return [8, 4, 4, 4, 12].map { count in
            String((0..<count).map { _ in digits[Int(random.below(16))] })
        }.joined(separator: "-")
    }
}
