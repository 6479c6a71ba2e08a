/// The device of a breach; the appliance may not know most of its fields.
final class Device: Sendable {
    enum Form: Sendable, Equatable {
        /// A machine on the network.
        case network
        /// A user of a service elsewhere, named with the service: `Office365`.
        case saas(platform: String)
        /// The appliance itself, which has the id -1 and nothing else.
        case system
    }

    let id: Int
    let form: Form
    let hostname: String?
    let label: String?
    let address: String?
    let macAddress: String?
    let vendor: String?
    let subnet: Int?
    let typeName: String?
    let typeLabel: String?
    let operatingSystem: String?
    let priority: Int?
    let credentials: [String]
    let tags: [String]
    /// How long before the epoch it was first seen, in milliseconds.
    let knownFor: Int64

    init(system id: Int) {
        self.id = id
        form = .system
        (hostname, label, address, macAddress, vendor, subnet) = (nil, nil, nil, nil, nil, nil)
        (typeName, typeLabel, operatingSystem, priority) = (nil, nil, nil, nil)
        (credentials, tags, knownFor) = ([], [], 0)
    }

    init(network id: Int, _ random: inout SeededGenerator) {
        let kinds = [
            ("desktop", "Desktop", "WS"), ("laptop", "Laptop", "LT"), ("server", "Server", "SRV"),
            ("printer", "Printer", "PRN"), ("ipphone", "IP Phone", "TEL"), ("dnsserver", "DNS Server", "DC"),
        ]
        let kind = kinds[Int(random.below(Int64(kinds.count)))]
        self.id = id
        form = .network
        typeName = kind.0
        typeLabel = kind.1
        // Not every appliance resolves names, reads addresses of cards or knows a system: each of these is often absent.
        hostname = random.chance(0.7) ? "\(kind.2.lowercased())-\(1_000 + id).corp.example" : nil
        label = random.chance(0.2) ? "\(kind.1) of “Finance \(id)”" : nil
        subnet = 1 + id % 12
        address = random.chance(0.9) ? "10.\(id % 12).\(id / 250 % 250).\(2 + id % 250)" : nil
        macAddress = random.chance(0.6) ? Self.macAddress(random.next()) : nil
        vendor = macAddress == nil ? nil : ["Dell Inc.", "Hewlett Packard", "Apple, Inc.", "VMware, Inc."][id % 4]
        operatingSystem = random.chance(0.4) ? ["Windows NT 10.0", "Linux 3.11 and newer", "Mac OS X"][id % 3] : nil
        priority = random.chance(0.1) ? Int(random.below(5)) + 1 : nil
        credentials = random.chance(0.3) ? ["j.doe\(id)"] : []
        tags = random.chance(0.2) ? ["Admin", "Security Device"].dropLast(id % 2) : []
        knownFor = 86_400_000 + random.below(400 * 86_400_000)
    }

    init(saas id: Int, _ random: inout SeededGenerator) {
        let platform = ["Office365", "AzureActiveDirectory", "Zoom", "AWS"][id % 4]
        self.id = id
        form = .saas(platform: platform)
        hostname = "SaaS::\(platform): user\(id)@corp.example"
        subnet = id % 2 == 0 ? -9 : -11
        typeName = "saasprovider"
        typeLabel = "SaaS Provider"
        (label, address, macAddress, vendor, operatingSystem, priority) = (nil, nil, nil, nil, nil, nil)
        (credentials, tags) = ([], [])
        knownFor = 86_400_000 + random.below(100 * 86_400_000)
    }

    private static func macAddress(_ bits: UInt64) -> String {
        let digits = Array("0123456789abcdef")
        return (0..<6).map { index in
            let byte = Int(bits >> UInt64(index * 8) & 0xFF)
            return "\(digits[byte >> 4])\(digits[byte & 15])"
        }.joined(separator: ":")
    }
}

/// Everything that one appliance watches, the same for the same seed.
struct DevicePool: Sendable {
    let system = Device(system: -1)
    let network: [Device]
    let saas: [Device]

    init(seed: UInt64, appliance: String, networkCount: Int = 60, saasCount: Int = 12) {
        var random = SeededGenerator(seed: seed, "devices of \(appliance)", 0)
        network = (0..<networkCount).map { Device(network: 5 + $0, &random) }
        saas = (0..<saasCount).map { Device(saas: 500 + $0, &random) }
    }

    /// A device that such a model breaches on.
    func device(for source: BreachModel.Source, _ random: inout SeededGenerator) -> Device {
        switch source {
        case .system: system
        case .saas: random.pick(saas) ?? system
        case .network: random.pick(network) ?? system
        }
    }
}
