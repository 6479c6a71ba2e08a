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
