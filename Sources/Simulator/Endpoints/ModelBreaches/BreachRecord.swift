/// Writes breaches as JSON objects of the API.
struct BreachRecord: Sendable {
    var form: BreachForm
    var scope: BreachSequence.Scope
    var quirks: RecordQuirks
    /// The appliance's full host name, for links.
    var hostName: String?

    /// The record of one breach, or its damaged form.
    func json(_ breach: Breach) -> JSON {
        if breach.damage == .notAnObject { return "unavailable" }
        var fields = head(breach)
        if form.isMinimal { fields.removeAll { quirks.shortFormLacks.contains($0.name) } }
        if breach.damage == .noID { fields.removeAll { $0.name == "pbid" } }
        if breach.damage == .noTime { fields.removeAll { ["time", "creationTime"].contains($0.name) } }
        if quirks.hasUnknownFields {
            fields.append(.init("aiaEnrichment", ["state": "pending", "nested": [["deep": [1, 2, [3]]]]]))
        }
        if quirks.paddingBytes > 0 {
            fields.append(.init("padding", .text(String(repeating: "x", count: quirks.paddingBytes))))
        }
        if let only = form.onlyField { fields.removeAll { $0.name != only } }
        let object = JSON.object(fields)
        return quirks.writesNumbersAsText ? object.withNumbersAsText : object
    }

    private func head(_ breach: Breach) -> [JSON.Field] {
        let score = Double(breach.score) / 1_000
        let deviceScore = min(1, score + 0.05)
        var fields: [JSON.Field] = [
            .init("commentCount", .integer(Int64(breach.salt % 3 == 0 ? breach.salt % 4 : 0))),
            .init("pbid", .integer(breach.id)),
            .init("time", .integer(scope.activity(breach))),
            .init("creationTime", .integer(scope.creation(breach))),
        ]
        if let time = scope.annotations.acknowledged(breach, at: scope.now) {
            let shown = time + scope.skew.offset(at: time)
            fields.append(.init("acknowledged", ["time": .integer(shown), "username": "analyst"]))
        } else if breach.salt % 2 == 0 {
            fields.append(.init("acknowledged", false))
        }
        if form.includesURL, !form.isMinimal, let hostName {
            fields.append(.init("breachUrl", .text("https://\(hostName)/#modelbreach/\(breach.id)")))
        }
        fields.append(.init("model", model(breach)))
        fields.append(.init("triggeredComponents", .list(form.isMinimal ? [] : components(breach))))
        if form.isGroupedByDevice {
            fields.append(.init("pbscore", .number(score)))
            fields.append(.init("devicescore", .number(deviceScore)))
        }
        fields.append(.init("score", .number(form.isGroupedByDevice ? deviceScore : score)))
        if !quirks.lacksPercentScore {
            fields.append(.init("percentscore", .integer(Int64((score * 100).rounded()))))
        }
        if form.hasDeviceAtTop { fields.append(.init("device", device(breach))) }
        return fields
    }

    private func model(_ breach: Breach) -> JSON {
        let then = ModelObject(breach, isMinimal: form.isMinimal, lacks: quirks.shortFormLacks).json
        if form.isHistoricModelOnly { return then }
        var renamed = breach
        if quirks.renamesModels { renamed.name += " (renamed)" }
        let now = ModelObject(renamed, isMinimal: form.isMinimal, lacks: quirks.shortFormLacks).json
        return ["then": then, "now": now]
    }

    private func device(_ breach: Breach) -> JSON {
        DeviceObject(
            breach.device, epoch: scope.population.epoch, seen: scope.activity(breach), isMinimal: form.isMinimal,
            isBare: quirks.hasBareDevices
        )
        .json
    }

    private func components(_ breach: Breach) -> [JSON] {
        ComponentObjects(breach, time: scope.activity(breach), expandsEnums: form.expandsEnums)
            .json(device: form.hasDeviceAtTop ? nil : device(breach))
    }
}

/// Variations in the form of records that do not change how they count.
struct RecordQuirks: Sendable, Equatable {
    /// Fields that the short form leaves out; `name` is the model's.
    var shortFormLacks: Set<String> = []
    var hasUnknownFields = false
    /// Bytes of padding in each record.
    var paddingBytes = 0
    var writesNumbersAsText = false
    /// Whether devices have their id only.
    var hasBareDevices = false
    /// Whether the current name of a model differs from its name at the breach.
    var renamesModels = false
    /// As up to 6.0.
    var lacksPercentScore = false
}
