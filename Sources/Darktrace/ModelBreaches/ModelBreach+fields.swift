extension ModelBreach: LenientDecodable {
    init(_ fields: ModelBreachFields) throws(UnreadableRecord) {
        guard let id = fields.id else {
            throw UnreadableRecord(.noID, "a record has no readable pbid")
        }
        guard fields.creationMilliseconds != nil || fields.activityMilliseconds != nil else {
            throw UnreadableRecord(.noTime, "record \(id) has no readable time")
        }
        let name = fields.model?.name.flatMap { $0.isEmpty ? nil : $0 }
        self.init(
            id: id, creationMilliseconds: fields.creationMilliseconds,
            activityMilliseconds: fields.activityMilliseconds, score: fields.score,
            model: name?.cut(toBytes: 200) ?? "unknown", category: Category(of: fields.model), lacksName: name == nil)
    }
}

extension Category {
    /// Compliance by its flag, else the model's own word, else by priority: 5 critical, 4 suspicious.
    init(of model: ModelBreachFields.Model?) {
        if model?.isCompliance == true {
            self = .compliance
        } else if let named = model?.category.flatMap({ Category(rawValue: $0.lowercased()) }), named != .compliance {
            self = named
        } else {
            switch model?.priority {
            case 5: self = .critical
            case 4: self = .suspicious
            default: self = .informational
            }
        }
    }
}
