/// The format and escaping selected by an `Accept` header.
package struct NegotiatedFormat: Sendable, Hashable {
    package let format: ExpositionFormat
    package let escaping: NameEscaping

    /// The value of `Content-Type`.
    package var contentType: String { format.contentType(escaping: escaping) }

    /// Selects a format from all field lines of `Accept`; the text format if nothing matches.
    ///
    /// Wildcards select the text format, which every scraper can read. An escaping applies from the clause that names
    /// it on, even if that clause matches no format, as in Prometheus' reference implementation.
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
        // Text first; OpenMetrics only where text is ruled out by name.
        return offers.reversed().first { offer in
            clause.coversByWildcard(offer) && offer.isDefaultOfItsType && !excluded.contains { $0.rulesOut(offer) }
        }
    }
}

extension WeightedClause {
    /// Whether the clause names exactly this type and version.
    fileprivate func names(_ offer: ExpositionFormat) -> Bool {
        guard value == offer.mediaType else { return false }
        return self["version"].map { $0 == offer.version } ?? offer.isDefaultOfItsType
    }

    /// `application/*` also selects text: such a client does not ask for a metrics format.
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

/// A media type and version that `/metrics` supports.
package enum ExpositionFormat: Sendable, Hashable, CaseIterable {
    /// In the order of preference at equal weights.
    case openMetrics100, openMetrics001, text004

    /// The syntax of the body; the two versions of OpenMetrics do not differ in what this project writes.
    package var syntax: TextFormat {
        switch self {
        case .openMetrics100, .openMetrics001: .openMetrics
        case .text004: .text
        }
    }

    /// The value of `Content-Type`, which always names the escaping.
    package func contentType(escaping: NameEscaping) -> String {
        "\(mediaType); version=\(version); charset=utf-8; escaping=\(escaping.rawValue)"
    }

    var mediaType: String {
        switch self {
        case .openMetrics100, .openMetrics001: "application/openmetrics-text"
        case .text004: "text/plain"
        }
    }

    var version: String {
        switch self {
        case .openMetrics100: "1.0.0"
        case .openMetrics001: "0.0.1"
        case .text004: "0.0.4"
        }
    }

    /// Whether a clause without a version selects this format: for OpenMetrics, 1.0.0.
    var isDefaultOfItsType: Bool { self != .openMetrics001 }
}

/// The escaping scheme for names outside the legacy character set; all names here are inside, so only the header differs.
package enum NameEscaping: String, Sendable, Hashable, CaseIterable {
    case underscores, dots, values
    case allowUTF8 = "allow-utf-8"
}

/// The content coding of a body.
package enum ContentCoding: Sendable, Hashable, CaseIterable {
    case identity, gzip

    /// Selects a coding from all field lines of `Accept-Encoding`; identity if nothing matches.
    ///
    /// At equal weights gzip wins; a lone `*` selects identity, as in Prometheus' reference implementation.
    package init(acceptEncoding lines: [String]) {
        let clauses = WeightedClause.all(in: lines)
        func weight(_ names: String...) -> Double? { clauses.first { names.contains($0.value) }?.weight }
        let gzip = weight("gzip", "x-gzip")
        let any = weight("*")
        let identity = weight("identity") ?? any
        if let gzip, gzip > 0, identity.map({ gzip >= $0 }) ?? true {
            self = .gzip
        } else if identity == 0, let any, any > 0, gzip != 0 {
            self = .gzip
        } else {
            self = .identity
        }
    }
}
