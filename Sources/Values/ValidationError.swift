/// What is wrong with a value, as the end of a sentence that starts with the name of the setting.
///
/// It never contains the value, so it can be thrown where the value may be a secret.
package struct ValidationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// `must begin with https://`: no capital letter at the start, no full stop at the end.
    package let description: String

    /// An error with this description.
    package init(_ description: String) { self.description = description }
}
