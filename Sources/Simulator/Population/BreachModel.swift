/// A model that can breach, with the figures that its records show.
final class BreachModel: Sendable {
    /// Where its breaches come from, which decides the device and how late the record is made.
    enum Source: Sendable { case network, saas, system }

    let name: String
    let priority: Int
    /// What its breaches count as while its records carry a category.
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
    /// How often it breaches, beside others.
    let weight: Double
    /// Its place in the catalogue, from which its ids are made.
    let number: Int

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
    }

    /// The kind that a reader of its records can find, given whether this appliance writes categories at all.
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

    /// The id of its present edition.
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
