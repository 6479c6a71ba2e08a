import Darktrace
import Ledger
import Metrics

extension LedgerFamily {
    /// What an appliance's families are made from.
    struct Source {
        var appliance: String
        var feed: String
        /// Nil before the first commit.
        var book: Book?
        var rows: [Row] = []
        var modelsLimit: Int
    }

    /// All families of an appliance; those of breaches are absent until the whole first lookback is committed.
    static func families(from source: Source) -> [Family] {
        let appliance = [source.appliance]
        let tracked = SeriesBound(limit: source.modelsLimit, rows: source.rows).count
        var families = [
            gauge(modelsLimit, appliance, Double(source.modelsLimit)),
            gauge(modelsTracked, appliance, Double(tracked)),
        ]
        guard let book = source.book else { return families }
        let skew = FeedNotes(book.notes).skew ?? 0
        families.append(gauge(ledgerStart, appliance, Double(book.startMilliseconds) / 1_000))
        families.append(
            gauge(pollCursor, appliance + [source.feed], Double(book.cursorMilliseconds - skew) / 1_000))
        guard book.isComplete else { return families }
        let rows = Dictionary(grouping: source.rows, by: \.key.family)
        for (descriptor, declared) in breachFamilies {
            families.append(
                Family(
                    descriptor, rows: rows[descriptor.name] ?? [], prefix: appliance, declared: declared,
                    startMilliseconds: book.startMilliseconds))
        }
        return families
    }

    /// The families of breaches, each with the label sets that can be known in advance.
    private static var breachFamilies: [(Descriptor, [[String]])] {
        [
            (modelBreaches, []), (score, Category.allCases.map { [$0.rawValue] }), (creationDelay, [[]]),
            (ingestionDelay, [[]]), (foundLate, [[]]), (lastCreation, []),
        ]
    }

    private static func gauge(_ descriptor: Descriptor, _ labels: [String], _ value: Double) -> Family {
        Family(descriptor, [Series(Labels(descriptor.labelNames, labels), .number(value))])
    }
}
