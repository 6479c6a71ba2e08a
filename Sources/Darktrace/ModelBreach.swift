/// One record of `/modelbreaches`, with the fields that are counted.
package struct ModelBreach: Sendable, Equatable {
    /// The `pbid`: 13 digits on a Unified View, possibly negative; it restarts when an appliance is reset.
    package let id: Int64
    /// When the record was created, in milliseconds since 1970.
    package let creationMilliseconds: Int64?
    /// When the activity happened, in milliseconds since 1970; usually some seconds earlier, sometimes hours.
    package let activityMilliseconds: Int64?
    /// 0 to 1.
    package let score: Double?
    /// The model's name at the time of the breach: valid UTF-8 of at most 200 bytes, `unknown` when there is none.
    package let model: String
    package let category: Category
    /// The record has no model name.
    package let lacksName: Bool
    /// When the breach was acknowledged, in milliseconds since 1970; nil if it is open, or the record does not tell.
    package let acknowledgedMilliseconds: Int64?
    /// Nil unless the request asked for them.
    package let details: BreachDetails?

    package init(
        id: Int64, creationMilliseconds: Int64?, activityMilliseconds: Int64?, score: Double?, model: String,
        category: Category, lacksName: Bool = false, acknowledgedMilliseconds: Int64? = nil,
        details: BreachDetails? = nil
    ) {
        self.id = id
        self.creationMilliseconds = creationMilliseconds
        self.activityMilliseconds = activityMilliseconds
        self.score = score
        self.model = model
        self.category = category
        self.lacksName = lacksName
        self.acknowledgedMilliseconds = acknowledgedMilliseconds
        self.details = details
    }

    /// A field is missing that the full record may have: request `minimal=false` from now on.
    package var lacksShortFields: Bool { lacksName || score == nil || creationMilliseconds == nil }
}

/// How urgent a model's breaches are, by the rule of Darktrace's own clients.
package enum Category: String, Sendable, CaseIterable {
    case critical, suspicious, informational, compliance

    /// Compliance by its flag, else the model's own category, else by priority: 5 critical, 4 suspicious.
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
            model: name?.truncated(toBytes: 200) ?? "unknown", category: Category(of: fields.model),
            lacksName: name == nil, acknowledgedMilliseconds: fields.acknowledgedMilliseconds, details: fields.details)
    }
}

/// The needed fields of a record of `/modelbreaches`, as they appear in JSON.
struct ModelBreachFields: Decodable {
    let id: Int64?
    let activityMilliseconds: Int64?
    let creationMilliseconds: Int64?
    let score: Double?
    let model: Model?
    let acknowledgedMilliseconds: Int64?
    let details: BreachDetails?

    /// A version of a model.
    struct Model: Decodable {
        let name: String?
        let category: String?
        let isCompliance: Bool?
        let priority: Int64?
        /// Empty unless details are requested.
        let tactics: [String]

        private enum CodingKeys: String, CodingKey { case name, category, compliance, priority, mitre }

        init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            name = try fields.text(.name)
            category = try fields.text(.category)
            isCompliance = try fields.bool(.compliance)
            priority = try fields.integer(.priority)
            tactics =
                BreachDetails.isRequested(of: decoder)
                ? try fields.object(.mitre, as: BreachDetails.TacticFields.self)?.tactics ?? [] : []
        }
    }

    private enum CodingKeys: String, CodingKey {
        case pbid, time, creationTime, score, percentscore, model, acknowledged, device
    }
    private enum AcknowledgementKeys: String, CodingKey { case time }
    private enum VersionKeys: String, CodingKey { case then }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        id = try fields.integer(.pbid)
        activityMilliseconds = Self.time(try fields.integer(.time))
        creationMilliseconds = Self.time(try fields.integer(.creationTime))
        let percent = try fields.number(.percentscore)
        score = Self.fraction(try fields.number(.score)) ?? Self.fraction(percent.map { $0 / 100 })
        // `false` or absent for an open breach.
        let acknowledgement = try? fields.nestedContainer(keyedBy: AcknowledgementKeys.self, forKey: .acknowledged)
        acknowledgedMilliseconds = Self.time(try acknowledgement?.integer(.time))
        // `now` may have been renamed since the breach; a flat model is the one at the time of the breach.
        if let versions = try? fields.nestedContainer(keyedBy: VersionKeys.self, forKey: .model),
            versions.contains(.then)
        {
            model = try versions.object(.then)
        } else {
            model = try fields.object(.model)
        }
        details =
            BreachDetails.isRequested(of: decoder)
            ? BreachDetails(try fields.object(.device), tactics: model?.tactics ?? []) : nil
    }

    private static func fraction(_ value: Double?) -> Double? {
        value.flatMap { (0...1).contains($0) ? $0 : nil }
    }

    /// A time of the years 1970 to 9999; anything else counts as missing, because sums with it could overflow.
    private static func time(_ value: Int64?) -> Int64? {
        value.flatMap { (1..<253_402_300_800_000).contains($0) ? $0 : nil }
    }
}
