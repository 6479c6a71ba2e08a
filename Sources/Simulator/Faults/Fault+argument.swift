extension Fault {
    /// What may stand after `=`.
    enum Argument: Sendable, Equatable {
        case nothing
        /// One of these; the first if none is given.
        case choice([String])
        /// Several of these between commas; the first if none is given.
        case choices([String])
        /// A number in this range, and what it is if none is given.
        case number(ClosedRange<Double>, preset: Double)
        /// Any text, and what it is if none is given.
        case text(preset: String)
    }

    var argument: Argument {
        switch self {
        case .refusedDateForm: .choices(["compact", "spaced", "iso8601"])
        case .clockSkew: .number(-1e9...1e9, preset: 1_860)
        case .dateWindow: .number(0...1e9, preset: 0)
        case .signing: .choice(["encoded", "unencoded", "either"])
        case .unknownToken: .choice(["login", "signature", "unauthorized"])
        case .loginForm: .choice(["old", "new"])
        case .permission: .choice(["302", "403"])
        case .rateLimited: .number(0...1e6, preset: 30)
        case .retryAfterForm: .choice(["date", "none", "seconds"])
        case .serverError: .choice(["500", "501", "502", "503", "504"])
        case .delay: .number(0...1e7, preset: 2_000)
        case .slow: .number(1...1e9, preset: 1_000)
        case .stall, .cut, .resetBody, .truncated: .number(0...1e12, preset: 100)
        case .wrongContent: .choice(["object", "null", "number", "text", "nested"])
        case .contentType: .text(preset: "text/html")
        case .ids: .choice(["long", "negative", "reset", "plain"])
        case .lateRecords, .negativeDelay, .lateListingShare, .suppressed: .number(0...1, preset: 1)
        case .lateBy: .number(0...172_800, preset: 7_200)
        case .lateListing: .number(0...1e7, preset: 7_200)
        case .acknowledgedAfter: .number(0...1e7, preset: 5)
        case .unreadableEvery: .number(1...1e6, preset: 5)
        case .modelVariants: .number(1...1e6, preset: 100)
        case .shortFormLacks: .choices(["score", "name", "creationTime"])
        case .padding: .number(0...1e7, preset: 10_000)
        case .numbersAsText: .choice(["status", "breaches", "all"])
        case .groupScore: .choice(["text", "null"])
        default: .nothing
        }
    }

    /// The value that a given text means; throws a sentence when it cannot be one.
    func value(_ text: String?) throws(InvalidFault) -> String {
        switch argument {
        case .nothing:
            guard text == nil else { throw InvalidFault("fault \(rawValue) takes no value") }
            return ""
        case .text(let preset): return text ?? preset
        case .choice(let words):
            guard let text else { return words[0] }
            guard words.contains(text) else { throw invalid(text, "one of \(words.joined(separator: ", "))") }
            return text
        case .choices(let words):
            guard let text else { return words[0] }
            let given = text.split(separator: ",").map(String.init)
            guard !given.isEmpty, given.allSatisfy(words.contains) else {
                throw invalid(text, "a comma list of \(words.joined(separator: ", "))")
            }
            return text
        case .number(let range, let preset):
            guard let text else { return JSON.number(preset).text }
            guard let number = Double(text), range.contains(number) else {
                throw invalid(
                    text, "a number from \(JSON.number(range.lowerBound).text) to \(JSON.number(range.upperBound).text)"
                )
            }
            return text
        }
    }

    private func invalid(_ text: String, _ wanted: String) -> InvalidFault {
        InvalidFault("fault \(rawValue) cannot be \(text); give \(wanted)")
    }
}

/// A switch that does not exist or cannot have this value, as one line.
struct InvalidFault: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) { self.description = description }
}
