/// What is wrong with a value, as the end of a sentence that begins with the value's key.
///
/// Never holds the value itself, so that it can be thrown where nobody knows whether the value is a secret.
package struct ValidationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// `must begin with https://`: no capital, no full stop.
    package let description: String

    init(_ description: String) { self.description = description }
}
