/// A model as its record shows it.
struct ModelObject {
    let json: JSON

    init(_ breach: Breach, isMinimal: Bool, lacks missing: Set<String>) {
        let model = breach.model
        var fields: [JSON.Field] = []
        if !(isMinimal && missing.contains("name")) { fields.append(.init("name", .text(breach.name))) }
        fields += [
            .init("pid", JSON(model.pid)), .init("phid", JSON(model.phid)), .init("uuid", .text(model.uuid)),
            .init("priority", JSON(model.priority)),
        ]
        if breach.hasCategory {
            fields.append(.init("category", .text(model.categoryText)))
            fields.append(.init("compliance", .bool(model.kind == .compliance)))
        }
        if !model.tactics.isEmpty {
            fields.append(.init("mitre", ["tactics": JSON(model.tactics), "techniques": JSON(model.techniques)]))
        }
        fields.append(.init("tags", JSON(model.tags)))
        if !isMinimal { fields += Self.details(model) }
        json = .object(fields)
    }

    private static func details(_ model: BreachModel) -> [JSON.Field] {
        let components = (0..<6).map { JSON(model.phid * 10 + $0) }
        return [
            .init("logic", ["data": .list(components), "targetScore": 1, "type": "componentList", "version": 1]),
            .init("throttle", JSON(model.throttleSeconds)),
            .init("sharedEndpoints", false),
            .init("actions", actions),
            .init("interval", JSON(model.throttleSeconds)),
            .init("delay", 0),
            .init("sequenced", false),
            .init("active", true),
            .init("modified", .text("2025-0\(1 + model.number % 9)-1\(model.number % 10) 09:41:27")),
            .init("activeTimes", ["devices": [:], "tags": [:], "type": "exclusions", "version": 2]),
            .init("autoUpdatable", true), .init("autoUpdate", true), .init("autoSuppress", true),
            .init("description", .text(description(model))),
            .init("behaviour", .text(model.behaviour)),
            .init("defeats", []),
            .init("created", ["by": "System"]),
            .init("edited", ["by": "System"]),
            .init("version", JSON(10 + model.number)),
        ]
    }

    private static let actions: JSON = [
        "alert": true, "antigena": [:], "breach": true, "model": true, "setPriority": false, "setTag": false,
        "setType": false,
    ]

    private static func description(_ model: BreachModel) -> String {
        let what = "The model “\(model.name)” looks for activity that is unusual for a device and its peers."
        let advice = """
            \n\nAction: Review the connections of the device around the time of the alert, compare them with what \
            devices of the same kind did in the last weeks, and ask its owner whether the activity was expected.
            """
        // Descriptions are the bulk of a full record.
        return what + String(repeating: advice, count: 2 + model.number % 5)
    }
}
