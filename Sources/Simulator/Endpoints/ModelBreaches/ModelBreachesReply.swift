import HTTPServer

/// `GET /modelbreaches` and `GET /modelbreaches/{pbid}`.
struct ModelBreachesReply {
    var appliance: Appliance
    var faults: ActiveFaults

    func response(_ items: QueryItems, pathID: String?) -> Response {
        let now = appliance.world.now
        let query: BreachQuery
        do {
            if faults.isOn(.refusesCreationTime), items["creationtime"] != nil { throw InputError() }
            var read = try BreachQuery(items, now: appliance.shownTime(at: now), pathID: pathID)
            if faults.isOn(.ignoresCreationTime) { read.byCreation = false }
            query = read
        } catch {
            return Reply.error("INPUT ERROR", path: "/modelbreaches")
        }
        let scope = BreachSequence.Scope(
            population: appliance.population, skew: appliance.skew, now: now,
            excludesEnd: faults.isOn(.exclusiveEnd), isDescending: faults.isOn(.descending))
        let record = BreachRecord(form: query.form, scope: scope, quirks: quirks, hostName: appliance.hostName)
        if let id = query.id {
            guard let breach = BreachSequence.find(id, in: scope) else { return Reply.notFound("Not found") }
            return Reply.json(record.json(breach))
        }
        var sequence = BreachSequence(query, in: scope)
        if query.isGroupedByDevice {
            let breaches = sequence.groupedByDevice()
            sequence = sequence.held(breaches)
        }
        return Reply.stream(BreachListBody(sequence, as: record, style: style))
    }

    private var quirks: RecordQuirks {
        RecordQuirks(
            shortFormLacks: Set(faults.words(.shortFormLacks)), hasUnknownFields: faults.isOn(.unknownFields),
            paddingBytes: Int(faults.number(.padding) ?? 0),
            writesNumbersAsText: ["breaches", "all"].contains(faults.value(.numbersAsText)),
            hasBareDevices: faults.isOn(.bareDevices), renamesModels: faults.isOn(.renamedModels),
            lacksPercentScore: faults.isOn(.noPercentScore))
    }

    private var style: ListStyle {
        var style = ListStyle()
        if faults.isOn(.whitespace) {
            style.opening = Array("\r\n [ \n\t".utf8)
            style.separator = Array(" ,\n\t".utf8)
            style.closing = Array("\n]\r\n \n".utf8)
        }
        if faults.isOn(.trailingGarbage) { style.closing += Array("[]\n<!-- served by node 3 -->".utf8) }
        if faults.isOn(.repeatedRecords) { style.copies = 2 }
        style.isEndless = faults.isOn(.endless)
        return style
    }
}
