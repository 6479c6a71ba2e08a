import Values

/// The rules for the name of an appliance, which becomes a label value and the key of a ledger.
enum ApplianceName {
    /// The name, if it can be one: 1 to 253 bytes (as long as the longest host name), nothing invisible in it or around it.
    static func checked(_ text: String) throws(ValidationError) -> String {
        guard text.utf8.count <= 253 else { throw ValidationError("is longer than 253 bytes") }
        guard text.unicodeScalars.allSatisfy(\.isVisible) else {
            throw ValidationError("must not hold control or invisible characters")
        }
        guard let first = text.first, let last = text.last, !first.isWhitespace, !last.isWhitespace else {
            throw ValidationError("must not begin or end with white space")
        }
        return text
    }
}
