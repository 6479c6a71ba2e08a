/// A model and the figures in its records.
final class BreachModel: Sendable {
    /// The source of its breaches, which determines the device and the creation delay.
    enum Source: Sendable { case network, saas, system }

    let name: String
    let priority: Int
    /// How its breaches count while its records have a category.
    let kind: BreachKind
    /// False for models whose records carry neither category nor compliance flag, as in version 4.
    let hasCategory: Bool
    /// Thousandths around which scores cluster.
    let scores: [Int]
    let tags: [String]
    let tactics: [String]
    let techniques: [String]
    let throttleSeconds: Int
    let behaviour: String
    let source: Source
    /// How often it breaches, relative to others.
    let weight: Double
    /// Its index in the catalogue, from which its ids derive.
    let number: Int
    /// The encoded text of the field `description`.
    let description: JSON

    init(
        _ name: String, priority: Int, kind: BreachKind, number: Int, hasCategory: Bool = true, scores: [Int] = [],
        tags: [String] = [], tactics: [String] = [], techniques: [String] = [], throttleSeconds: Int = 3_600,
        behaviour: String = "decreasing", source: Source = .network, weight: Double = 1
    ) {
        self.name = name
        self.priority = priority
        self.kind = kind
        self.number = number
        self.hasCategory = hasCategory
        self.scores = scores.isEmpty ? Self.usualScores(priority: priority) : scores
        self.tags = tags
        self.tactics = tactics
        self.techniques = techniques
        self.throttleSeconds = throttleSeconds
        self.behaviour = behaviour
        self.source = source
        self.weight = weight
        description = .verbatim(JSON.text(Self.description(name, number)).bytes)
    }

    /// Descriptions are most of a full record.
    private static func description(_ name: String, _ number: Int) -> String {
        let what = "The model “\(name)” looks for activity that is unusual for a device and its peers."
        let advice = """
            \n\nAction: Review the connections of the device around the time of the alert, compare them with what \
            devices of the same kind did in the last weeks, and ask its owner whether the activity was expected.
            """
        return what + String(repeating: advice, count: 2 + number % 5)
    }

    /// The kind that a client can derive from its records, which may lack the category.
    func kind(withCategory: Bool) -> BreachKind {
        withCategory && hasCategory ? kind : BreachKind(priority: priority)
    }

    /// The text of the field `category`.
    var categoryText: String {
        switch kind {
        case .critical: "Critical"
        case .suspicious: "Suspicious"
        case .informational: "Informational"
        case .compliance: priority >= 5 ? "Critical" : priority == 4 ? "Suspicious" : "Informational"
        }
    }

    /// The model's id on this instance.
    var pid: Int { 100 + number }

    /// The id of its current version.
    var phid: Int { 4_000 + number * 7 }

    /// The id that is the same on every instance, in the pattern of the vendor's own models.
    var uuid: String {
        let digits = String(number, radix: 16)
        return "80010119-6d7f-0000-0305-5e" + String(repeating: "0", count: 10 - digits.count) + digits
    }

    // Clusters seen per priority: a model starts at one of these and falls when it repeats.
    private static func usualScores(priority: Int) -> [Int] {
        switch priority {
        case 5: [541, 592, 612, 953]
        case 4: [871, 700]
        case 3: [674, 729]
        case 2: [465, 506]
        case 1: [245]
        default: [278]
        }
    }
}

/// How a breach counts, as the population selected it: never read back from an answer, so it can judge who does that.
package enum BreachKind: String, Sendable, CaseIterable {
    case critical, suspicious, informational, compliance

    /// The kind of a record without category and compliance flag.
    init(priority: Int) {
        switch priority {
        case 5: self = .critical
        case 4: self = .suspicious
        default: self = .informational
        }
    }
}
