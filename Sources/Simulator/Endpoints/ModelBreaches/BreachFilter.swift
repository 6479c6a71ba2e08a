/// Which breaches of the window are meant.
struct BreachFilter: Sendable {
    /// Thousandths.
    private var minimumScore: Int?
    private var modelID: Int64?
    private var modelUUID: String?
    private var deviceID: Int64?
    private var isSaaSOnly: Bool
    private var saasPatterns: [String]

    init(_ items: QueryItems) throws(InputError) {
        if let text = items["minscore"] {
            guard let score = Double(text), (0...1).contains(score) else { throw InputError() }
            minimumScore = Int((score * 1_000).rounded(.up))
        }
        modelID = try items.integer("pid")
        deviceID = try items.integer("did")
        modelUUID = items["uuid"]
        isSaaSOnly = try items.bool("saasonly", default: false)
        saasPatterns = items.all("saasfilter")
    }

    func admits(_ breach: Breach) -> Bool {
        if let minimumScore, breach.score < minimumScore { return false }
        if let modelID, Int64(breach.model.pid) != modelID { return false }
        if let deviceID, Int64(breach.device.id) != deviceID { return false }
        if let modelUUID, breach.model.uuid != modelUUID { return false }
        guard isSaaSOnly || !saasPatterns.isEmpty else { return true }
        guard case .saas(let platform) = breach.device.form else { return false }
        return saasPatterns.isEmpty || saasPatterns.contains { Self.matches(platform, $0) }
    }

    /// A pattern is a platform, with or without `SaaS::` before it, and may end in `*`.
    private static func matches(_ platform: String, _ pattern: String) -> Bool {
        var pattern = pattern.lowercased()[...]
        if pattern.hasPrefix("saas::") { pattern = pattern.dropFirst(6) }
        guard pattern.hasSuffix("*") else { return platform.lowercased() == pattern }
        return platform.lowercased().hasPrefix(pattern.dropLast())
    }
}
