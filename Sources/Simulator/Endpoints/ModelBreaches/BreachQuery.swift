/// What a request to `/modelbreaches` asks for.
struct BreachQuery: Sendable {
    /// The span of the appliance's clock that is asked for, both ends included.
    var window: ClosedRange<Int64>
    /// Whether the span is of creation; else of activity.
    var byCreation: Bool
    var includesAcknowledged: Bool
    var includesSuppressed: Bool
    var id: Int64?
    var filter: BreachFilter
    var form: BreachForm
    var isGroupedByDevice: Bool

    private static let year: Int64 = 366 * 86_400_000

    /// Reads the parameters; unknown ones are ignored, as appliances do.
    ///
    /// Without a time all of the memory is meant, at most the last year of the span.
    init(_ items: QueryItems, now: Int64, pathID: String? = nil) throws(InputError) {
        let end = try Self.moment(items, "endtime", "to") ?? now
        let start = try Self.moment(items, "starttime", "from") ?? .min
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
    private static func moment(
        _ items: QueryItems, _ name: String, _ textName: String
    ) throws(InputError) -> Int64? {
        if let milliseconds = try items.integer(name) {
            // Beyond the years that anybody asks for, arithmetic on it could overflow.
            guard (0...253_402_300_799_999).contains(milliseconds) else { throw InputError() }
            return milliseconds
        }
        guard let text = items[textName] else { return nil }
        guard let (form, milliseconds) = DateForm.read(text), form != .compact else { throw InputError() }
        return milliseconds
    }
}
