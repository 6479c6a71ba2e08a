/// Text that never prints.
package struct Secret: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The text itself: for signatures and the proxy only.
    package let revealed: String

    /// Hides the text.
    package init(_ text: String) { revealed = text }

    package var description: String { "<secret>" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
