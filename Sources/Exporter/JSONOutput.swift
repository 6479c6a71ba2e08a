import CRapidJSON

/// A JSON value that this program writes: what its pages and commands offer to scripts.
indirect enum JSONOutput {
    case text(String)
    case number(Int)
    case list([JSONOutput])
    /// Written in the order of the keys.
    case object([String: JSONOutput])

    /// The value as UTF-8, without a line end.
    ///
    /// - Parameter isPretty: Indents by two spaces; otherwise there is no white space.
    func bytes(isPretty: Bool = false) -> [UInt8] {
        let writer = unsafe json_writer_create(isPretty)
        defer { unsafe json_writer_free(writer) }
        unsafe write(to: writer)
        var count = 0
        let text = unsafe json_writer_text(writer, &count)
        return unsafe Array(UnsafeRawBufferPointer(start: text, count: count))
    }

    private func write(to writer: OpaquePointer) {
        switch self {
        case .text(let text): unsafe Self.write(text, to: writer)
        case .number(let number): unsafe json_writer_integer(writer, Int64(number))
        case .list(let elements):
            unsafe json_writer_begin_array(writer)
            for element in elements { unsafe element.write(to: writer) }
            unsafe json_writer_end_array(writer)
        case .object(let members):
            unsafe json_writer_begin_object(writer)
            for (key, value) in members.sorted(by: { $0.key < $1.key }) {
                unsafe Self.write(key, to: writer)
                unsafe value.write(to: writer)
            }
            unsafe json_writer_end_object(writer)
        }
    }

    private static func write(_ text: String, to writer: OpaquePointer) {
        unsafe text.withCString { unsafe json_writer_string(writer, $0, text.utf8.count) }
    }
}
