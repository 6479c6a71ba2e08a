/// The true values of what gauge feeds expose, and of what counted feeds count, at the current world time.
struct FeedOracle {
    var appliance: Appliance
    /// In the appliance's clock, both ends included.
    var window: ClosedRange<Int64>

    /// What can be asked for, as `family=`.
    enum Family: String, CaseIterable {
        case incidents, actions, statistics, status
        case incidentEvents = "incident_events"
    }

    func json(_ family: Family) -> JSON {
        switch family {
        case .incidents: incidents
        case .incidentEvents: incidentEvents
        case .actions: actions
        case .statistics: statistics
        // What counts is what `/status` says of the appliance itself.
        case .status: .object(StatusMachine(appliance, faults).fields + StatusTraffic.network(appliance.shownTime))
        }
    }

    private var faults: ActiveFaults { ActiveFaults(appliance.switches.settings.mapValues(\.value)) }

    private var incidents: JSON {
        let listed = appliance.incidents(in: appliance.skew.world(showing: window), faults)
        return .object(
            ["critical", "suspicious", "compliance"].map { category in
                let (open, done) = (
                    listed.filter { $0.category == category && !$0.isAcknowledged },
                    listed.filter { $0.category == category && $0.isAcknowledged }
                )
                return .init(
                    category,
                    [
                        "open": JSON(open.count), "acknowledged": JSON(done.count),
                        "highestScore": open.map(\.score).max().map { .number($0) } ?? .null,
                        "oldest": open.map(\.start).min().map { .integer(appliance.shownTime(at: $0)) } ?? .null,
                    ])
            })
    }

    private var incidentEvents: JSON {
        let range = appliance.skew.world(showing: window)
        let events = appliance.incidents(in: range, faults).flatMap(\.events).filter { range.contains($0.created) }
        return .object(
            ["critical", "suspicious", "compliance"].map { category in
                .init(category, JSON(events.count { $0.category == category }))
            })
    }

    private var actions: JSON {
        let now = appliance.world.now
        let all = appliance.actions(in: now - 366 * 86_400_000...now, faults)
        let begun = all.filter { window.contains(appliance.shownTime(at: $0.start)) }
        let pending = all.filter { $0.state(at: now) == .pending }
        let active = all.filter { $0.state(at: now) == .active }
        let started = begun.filter { $0.activated.map { $0 <= now } ?? false }
        return [
            "pending": JSON(pending.count), "active": JSON(active.count),
            "pendingDevices": JSON(Set(pending.map(\.device.id)).count),
            "activeDevices": JSON(Set(active.map(\.device.id)).count),
            "oldestPending": pending.map(\.start).min().map { .integer(appliance.shownTime(at: $0)) } ?? .null,
            "startedByModel": JSON(started.count { !$0.isManual }),
            "startedManually": JSON(started.count(where: \.isManual)),
            "expiredUnconfirmed": JSON(begun.count { $0.state(at: now) == .expiredUnconfirmed }),
        ]
    }

    private var statistics: JSON {
        let inventory = appliance.inventory
        return [
            "devices": .object(inventory.devices.map { .init($0.type, JSON($0.count)) }),
            "accounts": .object(inventory.accounts.map { .init($0.platform, JSON($0.count)) }),
            "tactics": .object(inventory.tactics.map { .init($0.slug, JSON($0.count)) }),
        ]
    }
}
