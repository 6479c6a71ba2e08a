/// The models of a typical installation: names and figures as seen in public samples, the rest of our own estimate.
enum ModelCatalogue {
    /// All of them, numbered in a fixed order.
    static let models: [BreachModel] = observed + estimated(from: observed.count)

    /// Those whose priority, category or score was seen.
    private static let observed: [BreachModel] = [
        BreachModel(
            "Compromise::Watched Domain", priority: 5, kind: .critical, number: 0, scores: [541, 592],
            tags: ["", "AP: C2 Comms"], tactics: ["command-and-control"], weight: 0.6),
        BreachModel(
            "Device::Threat Indicator", priority: 5, kind: .critical, number: 1, scores: [612],
            tags: ["", "Requires Configuration"], weight: 0.4),
        BreachModel(
            "Attack Path Modelling::Model Breach on Critical Attack Path", priority: 5, kind: .critical, number: 2,
            scores: [953], weight: 0.2),
        BreachModel("PenTest", priority: 5, kind: .critical, number: 3, scores: [1_000], weight: 0.1),
        BreachModel(
            "Device::Attack and Recon Tools", priority: 4, kind: .suspicious, number: 4, scores: [871],
            tags: ["", "AP: Internal Recon", "OT Engineer"], tactics: ["initial-access"], techniques: ["T1200"],
            throttleSeconds: 604_800),
        BreachModel(
            "Antigena::Network::Compliance::Antigena Connection Seen", priority: 4, kind: .compliance, number: 5,
            scores: [871]),
        BreachModel(
            "System::System", priority: 3, kind: .informational, number: 6, scores: [674], throttleSeconds: 10,
            behaviour: "flat", source: .system, weight: 2),
        BreachModel("Testing::Cats DNS", priority: 3, kind: .informational, number: 7, scores: [729], weight: 0.3),
        BreachModel(
            "Compromise::Beaconing Activity To External Rare", priority: 2, kind: .informational, number: 8,
            tags: ["AP: C2 Comms"], tactics: ["command-and-control"], throttleSeconds: 10_800, behaviour: "incdec1",
            weight: 3),
        BreachModel(
            "Anomalous File::Zip or Gzip from Rare External Location", priority: 1, kind: .informational, number: 9,
            scores: [245], tags: ["", "AP: Tooling", "OT Engineer"], tactics: ["resource-development"],
            techniques: ["T1588.001"], weight: 3),
        BreachModel(
            "System::Packet Loss", priority: 0, kind: .informational, number: 10, hasCategory: false, scores: [278],
            throttleSeconds: 86_400, behaviour: "flat", source: .system),
        BreachModel(
            "AI Analyst::AI Analyst Investigation", priority: 0, kind: .informational, number: 11, scores: [278],
            weight: 0.3),
        BreachModel("Compliance::Privacy VPN", priority: 2, kind: .compliance, number: 12, scores: [465], weight: 2),
        BreachModel(
            "Anomalous Connection::1 GiB Outbound", priority: 5, kind: .critical, number: 13, scores: [443],
            tactics: ["exfiltration"], weight: 0.5),
    ]

    private static func estimated(from first: Int) -> [BreachModel] {
        ModelFolder.all.flatMap { folder in folder.rows.map { (folder, $0) } }.enumerated().map { index, pair in
            let (folder, row) = pair
            return BreachModel(
                "\(folder.name)::\(row.name)", priority: row.priority,
                kind: folder.isCompliance || row.isCompliance ? .compliance : BreachKind(priority: row.priority),
                number: first + index, tags: row.priority > 3 ? ["", folder.tag] : [""], tactics: folder.tactics,
                source: folder.source, weight: row.priority == 5 ? 0.15 : row.priority == 4 ? 0.5 : 1.5)
        }
    }
}

/// A folder of models that were seen by name only; their priorities are our own estimate.
struct ModelFolder: Sendable {
    struct Row: Sendable {
        var name: String
        var priority: Int
        var isCompliance = false
    }

    var name: String
    var tag: String
    var tactics: [String]
    var isCompliance = false
    var source = BreachModel.Source.network
    var rows: [Row]

    private init(
        _ name: String, tag: String, tactics: [String], isCompliance: Bool = false,
        source: BreachModel.Source = .network, _ rows: [(String, Int)]
    ) {
        self.name = name
        self.tag = tag
        self.tactics = tactics
        self.isCompliance = isCompliance
        self.source = source
        self.rows = rows.map { Row(name: $0.0, priority: $0.1, isCompliance: $0.0.hasPrefix("Compliance::")) }
    }

    static let all: [ModelFolder] = [
        ModelFolder(
            "Anomalous Connection", tag: "AP: Exfil", tactics: ["exfiltration", "command-and-control"],
            [
                ("Active SSH Tunnel", 4), ("Data Sent to Rare Domain", 3), ("Download and Upload", 3),
                ("Low and Slow Exfiltration to IP", 4), ("Multiple Connections to New External TCP Port", 2),
                ("Multiple Connections to New External UDP Port", 2),
                ("Multiple Failed Connections to Rare Endpoint", 1), ("New Internal TCP Callback", 4),
                ("Possible Data Staging and External Upload", 5), ("Possible Flow Device Brute Force", 4),
                ("SMB Enumeration", 3), ("Uncommon 1 GiB Outbound", 3), ("Unusual Incoming Data Volume", 1),
                ("Unusual Internal Connections", 2), ("Unusual Internal Remote Desktop", 2),
            ]),
        ModelFolder(
            "Anomalous Server Activity", tag: "AP: Lateral Movement", tactics: ["lateral-movement"],
            [
                ("Anomalous External Activity from Critical Network Device", 5),
                ("Domain Controller Initiated to Client", 3), ("Outgoing from Server", 2),
            ]),
        ModelFolder(
            "Compliance", tag: "AP: Egress", tactics: [], isCompliance: true,
            [
                ("External Windows Communications", 2), ("High Priority Compliance Model Alert", 5),
                ("Incoming Remote Desktop", 3), ("Outgoing NTLM Request from DC", 3),
                ("Possible Unencrypted Password File On Server", 4), ("SSH to Rare External Destination", 2),
            ]),
        ModelFolder(
            "Compromise", tag: "AP: C2 Comms", tactics: ["command-and-control"],
            [
                ("Agent Beacon to New Endpoint", 4), ("HTTP Beaconing to New Endpoint", 3),
                ("Large Number of Suspicious Successful Connections", 5), ("SSH Beacon", 4),
                ("SSL Beaconing to New Endpoint", 3),
            ]),
        ModelFolder(
            "Device", tag: "AP: Internal Recon", tactics: ["discovery", "lateral-movement"],
            [
                ("Anomalous RDP Followed By Multiple Model Alerts", 5),
                ("Anomalous SMB Followed By Multiple Model Alerts", 5), ("Anonymous NTLM Logins", 3),
                ("Increased External Connectivity", 2), ("Large Number of Model Alerts", 5),
                ("Large Number of Model Alerts from Critical Network Device", 5),
                ("Multiple Lateral Movement Model Alerts", 5), ("Network Scan", 3),
                ("New Device with Attack Tools", 5), ("New or Uncommon SMB Named Pipe", 2), ("RDP Scan", 4),
                ("SMB Lateral Movement", 4), ("Suspicious Network Scan Activity", 4),
                ("Suspicious SMB Scanning Activity", 4),
            ]),
        ModelFolder(
            "IaaS", tag: "AP: Cloud", tactics: ["persistence"], source: .saas,
            [("Compliance::Uncommon Azure External User Invite", 2), ("Compute::Azure Compute Resource Update", 1)]),
        ModelFolder(
            "SaaS", tag: "AP: Cloud", tactics: ["collection"], source: .saas,
            [("AWS::Anonymous S3 File Download", 4), ("Resource::Repeated Unusual SaaS Resource Creation", 2)]),
        ModelFolder(
            "Unusual Activity", tag: "AP: Exfil", tactics: ["exfiltration"],
            [
                ("Enhanced Unusual External Data Transfer", 5), ("High Volume Client Data Transfer", 1),
                ("High Volume Server Data Transfer", 2), ("Internal Data Transfer", 1),
                ("Unusual Activity from Re-Activated Device", 2), ("Unusual External Activity", 2),
                ("Unusual External Data Transfer", 3), ("Unusual External Data to New Endpoint", 3),
                ("Unusual Large Internal Transfer", 2),
            ]),
        ModelFolder(
            "Antigena::MDR", tag: "AP: Response", tactics: [],
            [("MDR-Quarantined Device", 4), ("Model Alert on MDR-Actioned Device", 4)]),
        ModelFolder(
            "Antigena::Network", tag: "AP: Response", tactics: [],
            [
                ("External Threat::Antigena Suspicious Activity Block", 4),
                ("Insider Threat::Antigena Internal Data Transfer Block", 4),
                ("Insider Threat::Antigena Network Scan Block", 4),
                ("Insider Threat::Antigena SMB Enumeration Block", 4), ("Manual::Quarantine Device", 3),
                ("Significant Anomaly::Antigena Alerts Over Time Block", 4),
                ("Significant Anomaly::Antigena Controlled and Model Alert", 5),
                ("Significant Anomaly::Antigena Enhanced Monitoring from Client Block", 4),
                ("Significant Anomaly::Antigena Enhanced Monitoring from Server Block", 4),
                ("Significant Anomaly::Antigena Significant Anomaly from Client Block", 4),
                ("Significant Anomaly::Antigena Significant Server Anomaly Block", 4),
            ]),
    ]
}
