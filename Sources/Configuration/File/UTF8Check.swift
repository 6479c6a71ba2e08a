/// Finds where a text stops being UTF-8, so that a message can name the line.
enum UTF8Check {
    /// The index of the first byte that belongs to no valid character.
    static func firstBadByte(_ bytes: ArraySlice<UInt8>) -> Int? {
        var iterator = bytes.makeIterator()
        var decoder = UTF8()
        var index = bytes.startIndex
        while true {
            switch decoder.decode(&iterator) {
            case .scalarValue(let scalar): index += UTF8.width(scalar)
            case .emptyInput: return nil
            case .error: return index
            }
        }
    }
}
