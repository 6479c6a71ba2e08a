/// A record that cannot be counted; the rest of the answer can.
package struct UnreadableRecord: Error, Sendable, Equatable {
    package let kind: Kind
    /// One line without control characters, safe to log.
    package let detail: String

    package init(_ kind: Kind, _ detail: String) {
        self.kind = kind
        self.detail = detail
    }

    /// What is wrong with it, so that each kind is said once.
    package enum Kind: String, Sendable, CaseIterable {
        /// The element of the list is something else than an object.
        case notAnObject = "not_an_object"
        /// The element of the list begins as an object, and is none.
        case notJSON = "not_json"
        /// Without an id it cannot be told from its repetition.
        case noID = "no_id"
        /// Without any time nobody knows whether it belongs to the ledger.
        case noTime = "no_time"
        /// It is an object, and no field of it is known.
        case nothingKnown = "nothing_known"
    }
}
