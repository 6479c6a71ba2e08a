/// Why a body is not the array that was asked for.
package enum ArraySplitterError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The first byte that counts is no `[`.
    case notAnArray
    /// Two commas, or a comma beside a bracket.
    case missingElement
    /// Two elements with no comma between.
    case missingComma
    case elementTooLarge(limit: Int)
    /// Something follows the array.
    case trailingBytes
    /// Whoever takes the elements wants no more.
    case unwanted

    package var description: String {
        switch self {
        case .notAnArray: "it is no JSON array"
        case .missingElement: "an element of the array is missing"
        case .missingComma: "two elements of the array have no comma between them"
        case .elementTooLarge(let limit): "an element of the array is larger than \(limit) bytes"
        case .trailingBytes: "something follows the array"
        case .unwanted: "it has more records than are wanted"
        }
    }
}
