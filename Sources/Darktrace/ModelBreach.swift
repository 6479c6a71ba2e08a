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
    ///
    /// - Parameter model: An object of the API.
    init(of model: JSONValue?) {
        if model?.bool("compliance") == true {
            self = .compliance
        } else if let named = model?.text("category").flatMap({ Category(rawValue: $0.lowercased()) }),
            named != .compliance
        {
            self = named
        } else {
            switch model?.integer("priority") {
            case 5: self = .critical
            case 4: self = .suspicious
            default: self = .informational
            }
        }
    }
}

extension ModelBreach {
    /// Reads a record of `/modelbreaches`.
    ///
    /// - Throws: `UnreadableRecord` when it has no id, or neither a creation nor an activity time.
    init(_ record: JSONValue, readsDetails: Bool) throws(UnreadableRecord) {
        guard let id = record.integer("pbid") else {
            throw UnreadableRecord(.noID, "a record has no readable pbid")
        }
        let (creation, activity) = (Self.time(record.integer("creationTime")), Self.time(record.integer("time")))
        guard creation != nil || activity != nil else {
            throw UnreadableRecord(.noTime, "record \(id) has no readable time")
        }
        // `now` may have been renamed since the breach; a flat model is the one at the time of the breach.
        let versions = record.object("model")
        let model = versions?["then"].map { $0.isObject ? $0 : nil } ?? versions
        let name = model?.text("name").flatMap { $0.isEmpty ? nil : $0 }
        let percent = record.number("percentscore")
        self.init(
            id: id, creationMilliseconds: creation, activityMilliseconds: activity,
            score: Self.fraction(record.number("score")) ?? Self.fraction(percent.map { $0 / 100 }),
            model: name?.truncated(toBytes: 200) ?? "unknown", category: Category(of: model), lacksName: name == nil,
            // `false` or absent for an open breach.
            acknowledgedMilliseconds: Self.time(record.object("acknowledged")?.integer("time")),
            details: readsDetails ? BreachDetails(record.object("device"), model: model) : nil)
    }

    private static func fraction(_ value: Double?) -> Double? {
        value.flatMap { (0...1).contains($0) ? $0 : nil }
    }

    /// A time of the years 1970 to 9999; anything else counts as missing, because sums with it could overflow.
    private static func time(_ value: Int64?) -> Int64? {
        value.flatMap { (1..<253_402_300_800_000).contains($0) ? $0 : nil }
    }
}
