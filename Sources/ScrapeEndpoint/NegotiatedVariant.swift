import Metrics

/// The result of content negotiation: a variant of the body and its headers.
struct NegotiatedVariant: Sendable {
    let variant: Variant
    let headers: [(name: String, value: String)]

    /// The same for some appliances only.
    func scoped(to scope: ScrapeScope) -> NegotiatedVariant {
        NegotiatedVariant(
            variant: Variant(syntax: variant.syntax, coding: variant.coding, scope: scope), headers: headers)
    }

    private init(variant: Variant, headers: [(name: String, value: String)]) {
        self.variant = variant
        self.headers = headers
    }

    /// Negotiates from all field lines of both headers.
    init(accept: [String], acceptEncoding: [String]) {
        self.init(NegotiatedFormat(accept: accept), ContentCoding(acceptEncoding: acceptEncoding))
    }

    private init(_ format: NegotiatedFormat, _ coding: ContentCoding) {
        variant = Variant(syntax: format.format.syntax, coding: coding)
        var headers = [("Content-Type", format.contentType), Self.vary]
        if coding == .gzip { headers.append(("Content-Encoding", "gzip")) }
        self.headers = headers.map { (name: $0.0, value: $0.1) }
    }

    /// The same without compression, for when memory for it is missing.
    var uncompressed: NegotiatedVariant { NegotiatedVariant(copying: self) }

    private init(copying other: NegotiatedVariant) {
        variant = Variant(syntax: other.variant.syntax, coding: .identity, scope: other.variant.scope)
        headers = other.headers.filter { $0.name != "Content-Encoding" }
    }

    /// On every response of the path, so that caches keep the variants apart.
    static let vary = ("Vary", "Accept, Accept-Encoding")
}

/// One way a body can look: two versions or escapings that differ in headers only share it.
struct Variant: Hashable, Sendable {
    let syntax: TextFormat
    let coding: ContentCoding
    var scope = ScrapeScope.everything
}

/// Caches negotiation results: a scraper sends the same headers each time, and parsing them takes longer than sending
/// a short body.
struct NegotiationCache {
    private struct Key: Hashable {
        let accept: [String]
        let acceptEncoding: [String]
    }

    private var results: [Key: NegotiatedVariant] = [:]

    /// The number of cached results.
    var count: Int { results.count }

    /// The result for these field lines, cached.
    mutating func variant(accept: [String], acceptEncoding: [String]) -> NegotiatedVariant {
        let key = Key(accept: accept, acceptEncoding: acceptEncoding)
        if let result = results[key] { return result }
        let result = NegotiatedVariant(accept: accept, acceptEncoding: acceptEncoding)
        // A client that varies its headers must not fill the memory.
        let size = (accept + acceptEncoding).reduce(0) { $0 + $1.utf8.count }
        if results.count >= 64 { results.removeAll() }
        if size <= 1024 { results[key] = result }
        return result
    }
}
