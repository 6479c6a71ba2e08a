import CRapidJSON

/// Parses JSON with RapidJSON, one text after another in the same memory.
@safe
final class JSONParser {
    private let document: OpaquePointer
    /// The number of texts so far: a value is valid until the next one is parsed.
    fileprivate private(set) var generation = 0

    init() { unsafe document = json_document_create() }

    deinit { unsafe json_document_free(document) }

    /// The root of a text; nil if it is not UTF-8, not well-formed, has a number beyond 1.8e308, or is nested more than
    /// 512 deep.
    func parse(_ text: RawSpan) -> JSONValue? {
        generation += 1
        let isParsed = unsafe text.withUnsafeBytes { bytes in
            let bytes = unsafe bytes.assumingMemoryBound(to: UInt8.self)
            // Not by RapidJSON, which would go through strings byte by byte for it.
            guard let base = bytes.baseAddress, (try? UTF8Span(validating: unsafe bytes.span)) != nil else {
                return false
            }
            return unsafe base.withMemoryRebound(to: CChar.self, capacity: bytes.count) { characters in
                unsafe json_document_parse(document, characters, bytes.count)
            }
        }
        return isParsed ? JSONValue(self, at: 0) : nil
    }

    fileprivate func value(at index: Int) -> json_value { unsafe json_document_values(document)[index] }

    fileprivate func text(of value: json_value) -> String {
        let text = unsafe UnsafeRawPointer(json_document_text(document)) + Int(value.place)
        return unsafe String(
            decoding: UnsafeRawBufferPointer(start: text, count: Int(value.count)), as: UTF8.self)
    }

    /// The index of the value under a key; nil if there is none.
    fileprivate func find(_ key: String, in object: Int) -> Int? {
        var key = key
        let index = key.withUTF8 { bytes in
            unsafe bytes.withMemoryRebound(to: CChar.self) { characters in
                guard let base = characters.baseAddress else { return 0 }
                return unsafe json_document_find(document, object, base, characters.count)
            }
        }
        return index > 0 ? index : nil
    }

    /// The keys of an object with a prefix and a suffix, in the order of the text.
    fileprivate func keys(_ prefix: String, suffix: String, in object: Int) -> [String] {
        var (prefix, suffix) = (prefix, suffix)
        return prefix.withUTF8 { prefix in
            suffix.withUTF8 { suffix in
                var keys: [String] = []
                var index = 0
                while true {
                    unsafe index = next(index, prefix, suffix, in: object)
                    guard index > 0 else { return keys }
                    keys.append(text(of: value(at: index)))
                }
            }
        }
    }

    private func next(
        _ last: Int, _ prefix: UnsafeBufferPointer<UInt8>, _ suffix: UnsafeBufferPointer<UInt8>, in object: Int
    ) -> Int {
        unsafe prefix.withMemoryRebound(to: CChar.self) { prefix in
            unsafe suffix.withMemoryRebound(to: CChar.self) { suffix in
                guard let first = prefix.baseAddress, let second = suffix.baseAddress else { return 0 }
                return unsafe json_document_next_key(
                    document, object, last, first, prefix.count, second, suffix.count)
            }
        }
    }
}

/// A value of a JSON text; valid until its parser gets another text.
struct JSONValue {
    private let parser: JSONParser
    private let generation: Int
    private let index: Int
    private let value: json_value

    fileprivate init(_ parser: JSONParser, at index: Int) {
        self.parser = parser
        self.index = index
        generation = parser.generation
        value = parser.value(at: index)
    }

    private var kind: json_kind { json_kind(UInt32(value.kind)) }
    var isNull: Bool { kind == JSON_NULL }
    var isObject: Bool { kind == JSON_OBJECT }
    var isArray: Bool { kind == JSON_ARRAY }

    /// The number of elements of an array, or of members of an object.
    var count: Int { isArray || isObject ? Int(value.count) : 0 }

    var bool: Bool? {
        switch kind {
        case JSON_TRUE: true
        case JSON_FALSE: false
        default: nil
        }
    }

    /// A string.
    var text: String? { kind == JSON_STRING ? checked.text(of: value) : nil }

    /// A number as it is written.
    var numberText: String? { kind == JSON_NUMBER ? checked.text(of: value) : nil }

    /// The value under a key of an object: the first one, if there are several.
    subscript(key: String) -> JSONValue? {
        guard isObject, let index = checked.find(key, in: index) else { return nil }
        return JSONValue(parser, at: index)
    }

    /// The keys of an object with a prefix and a suffix that do not overlap, in their order.
    func keys(_ prefix: String = "", suffix: String = "") -> [String] {
        isObject ? checked.keys(prefix, suffix: suffix, in: index) : []
    }

    /// The first elements of an array.
    func elements(upTo limit: Int = .max) -> [JSONValue] {
        guard isArray else { return [] }
        var elements: [JSONValue] = []
        var place = index + 1
        while place < value.place, elements.count < limit {
            let element = JSONValue(checked, at: place)
            place = element.isArray || element.isObject ? Int(element.value.place) : place + 1
            elements.append(element)
        }
        return elements
    }

    /// The parser, as long as it has this text.
    private var checked: JSONParser {
        precondition(generation == parser.generation, "a JSON value outlives its text")
        return parser
    }
}
