import Metrics

/// What was negotiated for a scrape: the body's variant and the headers that go with it.
struct NegotiatedVariant: Sendable {
    let variant: Variant
    let headers: [(name: String, value: String)]

    /// Goes by all field lines of both headers.
    init(accept: [String], acceptEncoding: [String]) {
        self.init(NegotiatedFormat(accept: accept), ContentCoding(acceptEncoding: acceptEncoding))
    }

    private init(_ format: NegotiatedFormat, _ coding: ContentCoding) {
        variant = Variant(syntax: format.format.syntax, coding: coding)
        var headers = [("Content-Type", format.contentType), Self.vary]
        if coding == .gzip { headers.append(("Content-Encoding", "gzip")) }
        self.headers = headers.map { (name: $0.0, value: $0.1) }
    }

    /// The same without compression, for the case that there is no memory for it.
    var uncompressed: NegotiatedVariant { NegotiatedVariant(copying: self) }

    private init(copying other: NegotiatedVariant) {
        variant = Variant(syntax: other.variant.syntax, coding: .identity)
        headers = other.headers.filter { $0.name != "Content-Encoding" }
    }

    /// Stands on every answer of the path, so that no cache between mixes them up.
    static let vary = ("Vary", "Accept, Accept-Encoding")
}

/// Remembers what was negotiated: a scraper sends the same headers each time, and reading them takes longer than
/// sending a short body.
struct NegotiationCache {
    private struct Key: Hashable {
        let accept: [String]
        let acceptEncoding: [String]
    }

    private var offers: [Key: NegotiatedVariant] = [:]

    /// How many questions are remembered.
    var count: Int { offers.count }

    /// The offer for these field lines.
    mutating func offer(accept: [String], acceptEncoding: [String]) -> NegotiatedVariant {
        let question = Key(accept: accept, acceptEncoding: acceptEncoding)
        if let offer = offers[question] { return offer }
        let offer = NegotiatedVariant(accept: accept, acceptEncoding: acceptEncoding)
        // Whoever sends others each time must not fill the memory.
        let size = (accept + acceptEncoding).reduce(0) { $0 + $1.utf8.count }
        if offers.count >= 64 { offers.removeAll() }
        if size <= 1024 { offers[question] = offer }
        return offer
    }
}
