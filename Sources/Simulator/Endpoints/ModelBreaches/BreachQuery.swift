/// The parameters of a request to `/modelbreaches`.
struct BreachQuery: Sendable {
    /// The requested window in the appliance's clock, both ends included.
    var window: ClosedRange<Int64>
    /// Whether the window is of creation times; otherwise of activity times.
    var byCreation: Bool
    var includesAcknowledged: Bool
    var includesSuppressed: Bool
    var id: Int64?
    var filter: BreachFilter
    var form: BreachForm
    var isGroupedByDevice: Bool

    private static let year: Int64 = 366 * 86_400_000

    /// Reads the parameters and ignores unknown ones, as appliances do.
    ///
    /// The window defaults to all of the history, at most one year.
    init(_ items: QueryItems, now: Int64, pathID: String? = nil) throws(InputError) {
        let end = try Self.instant(items, "endtime", "to") ?? now
        let start = try Self.instant(items, "starttime", "from") ?? .min
        guard start <= end else { throw InputError() }
        window = max(start, end - min(Self.year, end - Int64.min / 2))...end
        byCreation = try items.bool("creationtime", default: false)
        includesAcknowledged = try items.bool("includeacknowledged", default: false)
        includesSuppressed = try items.bool("includesuppressed", default: false)
        if let pathID {
            guard let number = Int64(pathID) else { throw InputError() }
            id = number
        } else {
            id = try items.integer("pbid")
        }
        switch items["group"] {
        case nil: isGroupedByDevice = false
        case "device": isGroupedByDevice = true
        default: throw InputError()
        }
        filter = try BreachFilter(items)
        form = try BreachForm(items, isGroupedByDevice: isGroupedByDevice)
    }

    /// A time in milliseconds, or else as text.
    private static func instant(
        _ items: QueryItems, _ name: String, _ textName: String
    ) throws(InputError) -> Int64? {
        if let milliseconds = try items.integer(name) {
            // Later than the year 9999 arithmetic could overflow.
            guard (0...253_402_300_799_999).contains(milliseconds) else { throw InputError() }
            return milliseconds
        }
        guard let text = items[textName] else { return nil }
        guard let (form, milliseconds) = DateForm.read(text), form != .compact else { throw InputError() }
        return milliseconds
    }
}

/// The filters of a request to `/modelbreaches`.
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

/// The requested form of the records.
struct BreachForm: Sendable {
    var isMinimal: Bool
    /// The model as one flat object, as it was at the breach.
    var isHistoricModelOnly: Bool
    /// Whether the device is a field of the record; otherwise of each triggered component.
    var hasDeviceAtTop: Bool
    var expandsEnums: Bool
    var includesURL: Bool
    /// The device's score as `score`, the breach's as `pbscore`.
    var isGroupedByDevice: Bool
    /// The only field of each object to return.
    var onlyField: String?

    init(_ items: QueryItems, isGroupedByDevice: Bool) throws(InputError) {
        isMinimal = try items.bool("minimal", default: false)
        isHistoricModelOnly = try items.bool("historicmodelonly", default: false)
        // The guide contradicts itself; responses of real appliances without this parameter have the device at the top.
        hasDeviceAtTop = try items.bool("deviceattop", default: true)
        expandsEnums = try items.bool("expandenums", default: false)
        includesURL = try items.bool("includebreachurl", default: false)
        onlyField = items["responsedata"]
        self.isGroupedByDevice = isGroupedByDevice
    }
}
