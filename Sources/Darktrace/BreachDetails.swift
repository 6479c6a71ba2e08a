/// What the record of a breach says of its device and of tactics: for a log, because none of it belongs in a label.
///
/// A field that the record lacks is nil or empty. Texts are valid UTF-8 of at most 200 bytes, and not escaped.
package struct BreachDetails: Sendable, Equatable {
    /// The `did`; -1 for breaches of the appliance itself.
    package var deviceID: Int64?
    package var hostname: String?
    package var address: String?
    package var macAddress: String?
    /// The name that somebody gave the device.
    package var deviceLabel: String?
    package var deviceType: String?
    /// The `sid`; negative for SaaS.
    package var subnetID: Int64?
    /// The tactics of MITRE that the model is mapped to.
    package var tactics: [String] = []

    /// A record without any of it.
    package init() {}
}

extension BreachDetails {
    private static let maxTextBytes = 200
    private static let maxTactics = 32

    /// Reads what objects of the API say of a device and of a model.
    init(_ device: JSONValue?, model: JSONValue?) {
        deviceID = device?.integer("did")
        subnetID = device?.integer("sid")
        hostname = Self.text(device?.text("hostname"))
        address = Self.text(device?.text("ip"))
        macAddress = Self.text(device?.text("macaddress"))
        deviceLabel = Self.text(device?.text("devicelabel"))
        deviceType = Self.text(device?.text("typelabel") ?? device?.text("typename"))
        let all = model?.object("mitre")?["tactics"]?.elements(upTo: Self.maxTactics) ?? []
        tactics = all.compactMap { Self.text($0.text) }
    }

    private static func text(_ text: String?) -> String? {
        text.flatMap { $0.isEmpty ? nil : $0.truncated(toBytes: maxTextBytes) }
    }
}
