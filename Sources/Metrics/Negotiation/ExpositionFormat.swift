/// A media type and version that `/metrics` can answer with.
package enum ExpositionFormat: Sendable, Hashable, CaseIterable {
    /// In the order of our preference between clauses of one weight.
    case openMetrics100, openMetrics001, text004

    /// The body's syntax; the two versions of OpenMetrics differ in nothing that we write.
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

    /// What a clause without a version means: for OpenMetrics its standard's oldest version, 1.0.0.
    var isDefaultOfItsType: Bool { self != .openMetrics001 }
}

/// How names outside the old character set are written; all of ours are inside it, so that only the header differs.
package enum NameEscaping: String, Sendable, Hashable, CaseIterable {
    case underscores, dots, values
    case allowUTF8 = "allow-utf-8"
}
