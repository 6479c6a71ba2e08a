/// The format and escaping that an `Accept` header asks for.
package struct NegotiatedFormat: Sendable, Hashable {
    package let format: ExpositionFormat
    package let escaping: NameEscaping

    /// The value of `Content-Type`.
    package var contentType: String { format.contentType(escaping: escaping) }

    /// Reads all field lines of `Accept`; what nobody can serve is answered with the text format, never refused.
    ///
    /// Wildcards mean the text format, the last resort that every scraper reads. An escaping counts from the clause
    /// that names it on, even if that clause itself matches nothing, as the reference implementation does.
    package init(accept lines: [String]) {
        let clauses = WeightedClause.all(in: lines)
        let excluded = clauses.filter { $0.weight == 0 }
        let wanted = clauses.enumerated().filter { $0.element.weight > 0 }
            .sorted { ($1.element.weight, $0.offset) < ($0.element.weight, $1.offset) }
        var escaping = NameEscaping.underscores
        for (_, clause) in wanted {
            if let name = clause["escaping"], let known = NameEscaping(rawValue: name.lowercased()) { escaping = known }
            guard let format = Self.format(for: clause, excluded: excluded) else { continue }
            self.init(format: format, escaping: escaping)
            return
        }
        self.init(format: .text004, escaping: escaping)
    }

    private init(format: ExpositionFormat, escaping: NameEscaping) {
        self.format = format
        self.escaping = escaping
    }

    private static func format(for clause: WeightedClause, excluded: [WeightedClause]) -> ExpositionFormat? {
        let offers = ExpositionFormat.allCases
        if let exact = offers.first(where: { clause.names($0) }) { return exact }
        // The last resort comes first here, and OpenMetrics only where text is ruled out by name.
        return offers.reversed().first { offer in
            clause.coversByWildcard(offer) && offer.isDefaultOfItsType && !excluded.contains { $0.rulesOut(offer) }
        }
    }
}

extension WeightedClause {
    /// Whether the clause asks for this very type and version.
    fileprivate func names(_ offer: ExpositionFormat) -> Bool {
        guard value == offer.mediaType else { return false }
        return self["version"].map { $0 == offer.version } ?? offer.isDefaultOfItsType
    }

    /// `application/*` means text too: the scraper took no thought of metrics.
    fileprivate func coversByWildcard(_ offer: ExpositionFormat) -> Bool {
        switch value {
        case "*/*", "application/*": true
        case "text/*": offer.mediaType.hasPrefix("text/")
        default: false
        }
    }

    /// Whether a clause of weight 0 forbids the type, in this or in all versions.
    fileprivate func rulesOut(_ offer: ExpositionFormat) -> Bool {
        if value == offer.mediaType { return self["version"].map { $0 == offer.version } ?? true }
        return value.hasSuffix("/*") && value.dropLast(2) == offer.mediaType.prefix { $0 != "/" }
    }
}
