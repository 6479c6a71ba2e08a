import CYAML

/// One step of libyaml's event parser, with what a strict reader needs of it.
struct YAMLEvent {
    let line: Int
    let kind: Kind
    /// An anchor or a tag on the node, as a message calls it; both are refused.
    var unsupported: String?

    enum Kind {
        case scalar(String, isPlain: Bool)
        case sequenceStart, sequenceEnd, mappingStart, mappingEnd
        case documentStart, documentEnd, streamStart, streamEnd
        case alias
    }
}

/// The owner of a libyaml parser and of the bytes it reads.
@safe struct YAMLEvents: ~Copyable {
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let input: UnsafeMutableBufferPointer<UInt8>

    /// The corresponding C functions are `yaml_parser_initialize` and `yaml_parser_set_input_string`.
    init(_ bytes: [UInt8]) throws(YAMLError) {
        let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
        guard unsafe yaml_parser_initialize(parser) == 1 else {
            unsafe parser.deallocate()
            throw YAMLError(line: 1, problem: "cannot be read: out of memory")
        }
        // libyaml keeps the pointer, so the bytes need a place that does not move.
        let input = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
        _ = unsafe input.initialize(from: bytes)
        unsafe yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        unsafe yaml_parser_set_input_string(parser, input.baseAddress, bytes.count)
        unsafe self.parser = parser
        unsafe self.input = input
    }

    deinit {
        unsafe yaml_parser_delete(parser)
        unsafe parser.deallocate()
        unsafe input.deallocate()
    }

    /// The next event; after the end of the stream there is none to ask for. The C function is `yaml_parser_parse`.
    func next() throws(YAMLError) -> YAMLEvent {
        var event = unsafe yaml_event_t()
        guard unsafe yaml_parser_parse(parser, &event) == 1 else { throw failure() }
        defer { unsafe yaml_event_delete(&event) }
        let mark = unsafe event.start_mark
        return unsafe YAMLEvent(
            line: Int(mark.line) + 1, kind: Self.kind(of: event), unsupported: Self.unsupported(in: event))
    }

    private static func kind(of event: yaml_event_t) -> YAMLEvent.Kind {
        switch unsafe event.type {
        case YAML_STREAM_START_EVENT: .streamStart
        case YAML_DOCUMENT_START_EVENT: .documentStart
        case YAML_DOCUMENT_END_EVENT: .documentEnd
        case YAML_SEQUENCE_END_EVENT: .sequenceEnd
        case YAML_MAPPING_END_EVENT: .mappingEnd
        case YAML_ALIAS_EVENT: .alias
        case YAML_SEQUENCE_START_EVENT: .sequenceStart
        case YAML_MAPPING_START_EVENT: .mappingStart
        case YAML_SCALAR_EVENT: unsafe scalar(event.data.scalar)
        default: .streamEnd
        }
    }

    private static func scalar(_ data: yaml_event_s.__Unnamed_union_data.__Unnamed_struct_scalar) -> YAMLEvent.Kind {
        let bytes = unsafe UnsafeBufferPointer(start: data.value, count: data.length)
        let text = unsafe String(decoding: bytes, as: UTF8.self)
        return unsafe .scalar(text, isPlain: data.style == YAML_PLAIN_SCALAR_STYLE)
    }

    private static func unsupported(in event: yaml_event_t) -> String? {
        switch unsafe event.type {
        case YAML_SEQUENCE_START_EVENT:
            unsafe unsupported(event.data.sequence_start.anchor, event.data.sequence_start.tag)
        case YAML_MAPPING_START_EVENT:
            unsafe unsupported(event.data.mapping_start.anchor, event.data.mapping_start.tag)
        case YAML_SCALAR_EVENT: unsafe unsupported(event.data.scalar.anchor, event.data.scalar.tag)
        default: nil
        }
    }

    private static func unsupported(
        _ anchor: UnsafeMutablePointer<UInt8>?, _ tag: UnsafeMutablePointer<UInt8>?
    ) -> String? {
        if unsafe anchor != nil { return "an anchor (&name)" }
        return unsafe tag == nil ? nil : "a tag (!name)"
    }

    /// The message of libyaml: a fixed sentence that never repeats the input.
    private func failure() -> YAMLError {
        let state = unsafe parser.pointee
        let problem = unsafe state.problem.map { unsafe String(cString: $0) } ?? "out of memory"
        guard unsafe state.error != YAML_READER_ERROR else {
            let offset = unsafe min(state.problem_offset, input.count)
            let line = unsafe input[..<offset].count { $0 == 0x0A } + 1
            return YAMLError(line: line, problem: "is not valid YAML: \(problem)")
        }
        let mark = unsafe state.problem_mark
        if hasTab(indenting: Int(mark.line)) {
            return YAMLError(line: Int(mark.line) + 1, problem: "is indented with a tab; YAML needs spaces")
        }
        // The end of the file is a line after the last for libyaml, but not for an editor.
        let lines = unsafe input.count { $0 == 0x0A } + (input.last == 0x0A ? 0 : 1)
        let isAtEnd = mark.line >= lines
        var sentence = "is not valid YAML: \(problem) \(isAtEnd ? "(end of the file)" : "(column \(mark.column + 1))")"
        if let context = unsafe state.context, unsafe state.context_mark.line != mark.line {
            sentence += unsafe " \(String(cString: context)) from line \(state.context_mark.line + 1)"
        }
        return YAMLError(line: isAtEnd ? max(lines, 1) : Int(mark.line) + 1, problem: sentence)
    }

    /// Whether there is a tab in the white space at the start of a line, which counts from 0.
    private func hasTab(indenting line: Int) -> Bool {
        let bytes = unsafe Array(input)
        let lines = bytes.split(separator: 0x0A, maxSplits: line + 1, omittingEmptySubsequences: false)
        guard lines.indices.contains(line) else { return false }
        return lines[line].prefix { $0 == 0x20 || $0 == 0x09 }.contains(0x09)
    }
}
