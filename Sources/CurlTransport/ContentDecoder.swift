import Gzip

/// Undoes the content codings of one body (RFC 9110, 8.4).
///
/// libcurl's own decoding ignores where a compressed stream ends: it takes a cut one as complete, and refuses a second
/// gzip member.
final class ContentDecoder {
    /// The last coding that was applied comes first.
    private let inflaters: [Inflater]

    /// What is asked for.
    static let acceptedCodings = "gzip, deflate"
    private static let maxCodings = 5

    /// - Parameter fields: The values of all fields `Content-Encoding`; without any, the body is left as it is.
    /// - Throws: `UnknownCoding` for one that was not asked for and is not known.
    init(_ fields: [String]) throws(UnknownCoding) {
        var inflaters: [Inflater] = []
        for name in fields.joined(separator: ",").lowercased().split(separator: ",") {
            switch name.split(whereSeparator: \.isWhitespace) {
            case ["gzip"], ["x-gzip"]: inflaters.append(Inflater(.gzip))
            case ["deflate"]: inflaters.append(Inflater(.deflate))
            case ["identity"], []: break
            default: throw UnknownCoding()
            }
        }
        guard inflaters.count <= Self.maxCodings else { throw UnknownCoding() }
        self.inflaters = inflaters.reversed()
    }

    /// Whether every compressed stream has ended, or the body is empty.
    var isComplete: Bool { inflaters.allSatisfy(\.isComplete) }

    /// Decodes a piece and passes it on.
    ///
    /// - Parameter onOutput: Returns whether to continue.
    /// - Returns: False if `onOutput` returned false.
    func decode(
        _ piece: RawSpan, _ onOutput: (RawSpan) -> Bool
    ) throws(InflateError) -> Bool {
        try decode(piece, from: 0, onOutput)
    }

    private func decode(
        _ piece: RawSpan, from index: Int, _ onOutput: (RawSpan) -> Bool
    ) throws(InflateError) -> Bool {
        guard index < inflaters.count else { return onOutput(piece) }
        var failure: InflateError?
        let isWanted = try inflaters[index].inflate(piece) { output in
            do throws(InflateError) {
                return try decode(output, from: index + 1, onOutput)
            } catch {
                failure = error
                return false
            }
        }
        if let failure { throw failure }
        return isWanted
    }
}

/// A content coding that the transport does not know.
struct UnknownCoding: Error {}
