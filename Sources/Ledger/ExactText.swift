/// Text that is compared byte for byte, as labels are.
///
/// `String` compares by canonical equivalence: é as one scalar equals é as two.
package struct ExactText: Hashable, Sendable {
    package let text: String

    package init(_ text: String) { self.text = text }

    package static func == (left: ExactText, right: ExactText) -> Bool { left.text.hasSameBytes(as: right.text) }

    package func hash(into hasher: inout Hasher) {
        // Equal bytes are equal strings, so they have equal hashes.
        hasher.combine(text)
    }
}

extension String {
    /// Whether both have the same bytes. `==` also takes canonical equivalents for equal, which are different labels.
    package func hasSameBytes(as other: String) -> Bool { utf8.span.isEqual(to: other.utf8.span) }
}

extension Span<UInt8> {
    /// Whether both have the same bytes.
    package func isEqual(to other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        for index in indices where self[index] != other[index] { return false }
        return true
    }
}
