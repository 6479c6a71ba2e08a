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

    /// As the user info of a decoder: the details are read in addition to what is counted.
    struct Requested: Sendable {}

    /// Whether a decoder is to read the details, which most requests do not need.
    static func isRequested(of decoder: any Decoder) -> Bool {
        CodingUserInfoKey.elementContext.map { decoder.userInfo[$0] is Requested } ?? false
    }
}

extension BreachDetails {
    private static let maxTextBytes = 200
    private static let maxTactics = 32

    init(_ device: DeviceFields?, tactics: [String]) {
        deviceID = device?.id
        subnetID = device?.subnet
        hostname = Self.text(device?.hostname)
        address = Self.text(device?.address)
        macAddress = Self.text(device?.macAddress)
        deviceLabel = Self.text(device?.label)
        deviceType = Self.text(device?.type)
        self.tactics = tactics.prefix(Self.maxTactics).compactMap(Self.text)
    }

    private static func text(_ text: String?) -> String? {
        text.flatMap { $0.isEmpty ? nil : $0.truncated(toBytes: maxTextBytes) }
    }

    /// The needed fields of a device, as they appear in JSON.
    struct DeviceFields: Decodable {
        let id: Int64?
        let subnet: Int64?
        let hostname: String?
        let address: String?
        let macAddress: String?
        let label: String?
        let type: String?

        private enum CodingKeys: String, CodingKey {
            case did, sid, hostname, ip, macaddress, devicelabel, typelabel, typename
        }

        init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            id = try fields.integer(.did)
            subnet = try fields.integer(.sid)
            hostname = try fields.text(.hostname)
            address = try fields.text(.ip)
            macAddress = try fields.text(.macaddress)
            label = try fields.text(.devicelabel)
            type = try fields.text(.typelabel) ?? fields.text(.typename)
        }
    }

    /// The needed fields of `mitre`, as they appear in JSON.
    struct TacticFields: Decodable {
        let tactics: [String]

        private enum CodingKeys: String, CodingKey { case tactics }

        init(from decoder: any Decoder) throws {
            tactics = try decoder.container(keyedBy: CodingKeys.self).object(.tactics) ?? []
        }
    }
}
