import Darktrace
import Ledger
import Metrics

extension BreachMetrics {
    /// What is known of an appliance whether it was asked or not, and how far it was asked.
    ///
    /// - Parameter book: Nil before the first commit.
    static func baselineFamilies(of appliance: String, book: FeedCheckpoint?, modelsTracked: Int, modelsLimit: Int)
        -> [MetricFamily]
    {
        var families = [
            gauge(Self.modelsLimit, appliance, Double(modelsLimit)),
            gauge(Self.modelsTracked, appliance, Double(modelsTracked)),
        ]
        guard let book else { return families }
        let skew = FeedMetadata(book.metadata).skew ?? 0
        families.append(gauge(ledgerStart, appliance, Double(book.startMilliseconds) / 1_000))
        families.append(
            gauge(pollCursor, appliance, Double(book.cursorMilliseconds - skew) / 1_000))
        return families
    }

    /// The families of breaches before any row was read, with the label sets that can be known in advance; none until
    /// the whole first lookback is committed.
    static func breaches(of appliance: String, book: FeedCheckpoint?) -> [FamilyBuilder] {
        guard let book, book.isComplete else { return [] }
        let families: [(Descriptor, [[String]])] = [
            (modelBreaches, []), (score, Category.allCases.map { [$0.rawValue] }), (creationDelay, [[]]),
            (ingestionDelay, [[]]), (foundLate, [[]]), (lastCreation, []),
        ]
        return families.map { descriptor, declared in
            FamilyBuilder(
                descriptor, prefix: [appliance], declared: declared, startMilliseconds: book.startMilliseconds)
        }
    }

    private static func gauge(_ descriptor: Descriptor, _ appliance: String, _ value: Double) -> MetricFamily {
        MetricFamily(descriptor, [Series(Labels(descriptor.labelNames, [appliance]), .number(value))])
    }
}
