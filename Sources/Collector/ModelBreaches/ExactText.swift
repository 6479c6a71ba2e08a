/// Text that equals another only byte for byte, as labels do; Swift takes é in one and in two scalars for the same.
struct ExactText: Hashable, Sendable {
    let text: String

    init(_ text: String) { self.text = text }

    static func == (left: ExactText, right: ExactText) -> Bool {
        left.text.utf8.elementsEqual(right.text.utf8)
    }

    func hash(into hasher: inout Hasher) {
        // Equal bytes are equal texts, so the hash of the text will do.
        hasher.combine(text)
    }
}
