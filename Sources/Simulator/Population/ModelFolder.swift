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
