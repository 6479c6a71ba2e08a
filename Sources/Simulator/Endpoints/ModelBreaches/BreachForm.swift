/// In which form breaches are asked for.
struct BreachForm: Sendable {
    var isMinimal: Bool
    /// The model as one flat object, as it was at the breach.
    var isHistoricModelOnly: Bool
    /// The device beside the model; else inside each component that was triggered.
    var hasDeviceAtTop: Bool
    var expandsEnums: Bool
    var includesURL: Bool
    /// The device's score as `score`, the breach's as `pbscore`.
    var isGroupedByDevice: Bool
    /// The only field of each object that is wanted.
    var onlyField: String?

    init(_ items: QueryItems, isGroupedByDevice: Bool) throws(InputError) {
        isMinimal = try items.bool("minimal", default: false)
        isHistoricModelOnly = try items.bool("historicmodelonly", default: false)
        // The guide says both; answers of real appliances to requests without it have the device at the top.
        hasDeviceAtTop = try items.bool("deviceattop", default: true)
        expandsEnums = try items.bool("expandenums", default: false)
        includesURL = try items.bool("includebreachurl", default: false)
        onlyField = items["responsedata"]
        self.isGroupedByDevice = isGroupedByDevice
    }
}
