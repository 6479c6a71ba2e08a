/// Takes the answer of one try in, and tells at its end what the body was.
package protocol ResponseReader: ResponseSink {
    /// What came, once the transport has ended.
    ///
    /// - Parameter isWhole: The transport says that the body arrived to its end.
    func finish(isWhole: Bool) -> BodySummary
}

/// What the body of an answer turned out to be.
package struct BodySummary: Sendable, Equatable {
    var expected = ExpectedShape.list
    /// The first bytes.
    var prefix: [UInt8] = []
    /// Without meaning unless the status is 200.
    var content = Content.empty

    /// What was asked for, as a word with its article.
    enum ExpectedShape: String, Sendable {
        case list = "a list"
        case object = "an object"
    }

    /// How far the body is what was asked for.
    enum Content: Sendable, Equatable {
        case complete, empty, truncated
        /// Something else altogether: a page, a refusal, another kind of JSON; the text says which.
        case foreign(String)
        case malformed(String)
        case tooLarge(String)
    }

    /// It did not even begin as what was asked for.
    var isUnexpectedType: Bool { if case .foreign = content { true } else { false } }

    /// The beginning as text in lower case, to look for what it says.
    var lowercasedPrefix: String { String(decoding: prefix, as: UTF8.self).lowercased() }

    /// The body begins as a page does, or is one by its title.
    var isHTML: Bool {
        lowercasedPrefix.drop { $0.isWhitespace || $0 == "\u{FEFF}" }.hasPrefix("<")
    }
}

extension [UInt8] {
    /// Keeps the beginning of a body, piece by piece: what it says of a refusal stands there.
    mutating func keepBeginning(_ piece: RawSpan) {
        let room = Self.beginningLimit - count
        guard room > 0 else { return }
        let part = piece.extracting(first: Swift.min(room, piece.byteCount))
        unsafe part.withUnsafeBytes { unsafe append(contentsOf: $0) }
    }

    /// Longer pages of error are cut off.
    static var beginningLimit: Int { 4_096 }
    /// After so many bytes of an error page nothing more is read.
    static var errorPageLimit: Int { 65_536 }
}
