/// The fields of a record of `/modelbreaches` that are needed, as they stand in JSON.
struct ModelBreachFields: Decodable {
    let id: Int64?
    let activityMilliseconds: Int64?
    let creationMilliseconds: Int64?
    let score: Double?
    let model: Model?

    /// A model as it was at one time.
    struct Model: Decodable {
        let name: String?
        let category: String?
        let isCompliance: Bool?
        let priority: Int64?

        private enum CodingKeys: String, CodingKey { case name, category, compliance, priority }

        init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            name = try fields.text(.name)
            category = try fields.text(.category)
            isCompliance = try fields.bool(.compliance)
            priority = try fields.integer(.priority)
        }
    }

    private enum CodingKeys: String, CodingKey { case pbid, time, creationTime, score, percentscore, model }
    private enum VersionKeys: String, CodingKey { case then }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        id = try fields.integer(.pbid)
        activityMilliseconds = Self.time(try fields.integer(.time))
        creationMilliseconds = Self.time(try fields.integer(.creationTime))
        let percent = try fields.number(.percentscore)
        score = Self.fraction(try fields.number(.score)) ?? Self.fraction(percent.map { $0 / 100 })
        // `now` may have been renamed since the breach; a flat model stands for the time of the breach.
        if let versions = try? fields.nestedContainer(keyedBy: VersionKeys.self, forKey: .model),
            versions.contains(.then)
        {
            model = try versions.object(.then)
        } else {
            model = try fields.object(.model)
        }
    }

    private static func fraction(_ value: Double?) -> Double? {
        value.flatMap { (0...1).contains($0) ? $0 : nil }
    }

    /// A time of the years 1970 to 9999; anything else is no time, and would overflow somebody's sums.
    private static func time(_ value: Int64?) -> Int64? {
        value.flatMap { (1..<253_402_300_800_000).contains($0) ? $0 : nil }
    }
}
