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
        var modelsTracked: Int
        var modelsLimit: Int
    }

    /// What is known of an appliance whether it was asked or not, and how far it was asked.
    static func standing(of source: Source) -> [Family] {
        let appliance = [source.appliance]
        var families = [
            gauge(modelsLimit, appliance, Double(source.modelsLimit)),
            gauge(modelsTracked, appliance, Double(source.modelsTracked)),
        ]
        guard let book = source.book else { return families }
        let skew = FeedNotes(book.notes).skew ?? 0
        families.append(gauge(ledgerStart, appliance, Double(book.startMilliseconds) / 1_000))
        families.append(
            gauge(pollCursor, appliance, Double(book.cursorMilliseconds - skew) / 1_000))
        return families
    }

    /// The families of breaches, which are absent until the whole first lookback is committed.
    static func breaches(of source: Source) -> [Family] {
        guard let book = source.book, book.isComplete else { return [] }
        let rows = Dictionary(grouping: source.rows, by: \.key.family)
        return breachFamilies.map { descriptor, declared in
            Family(
                descriptor, rows: rows[descriptor.name] ?? [], prefix: [source.appliance], declared: declared,
                startMilliseconds: book.startMilliseconds)
        }
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
