import Darktrace
import Testing

@Suite struct ArraySplitterTests {
    /// What a splitter makes of a document that comes in the given pieces.
    struct Outcome: Equatable {
        var elements: [String] = []
        var oversized = 0
        var failure: ArraySplitterError?
        var isComplete = false
    }

    private func split(_ pieces: [ArraySlice<UInt8>], elementLimit: Int = 1 << 20) -> Outcome {
        var outcome = Outcome()
        var splitter = ArraySplitter(elementLimit: elementLimit)
        do throws(ArraySplitterError) {
            for piece in pieces {
                let bytes = Array(piece)
                var found: [String] = []
                var skipped = 0
                defer {
                    outcome.elements += found
                    outcome.oversized += skipped
                }
                try splitter.split(bytes.span.bytes) {
                    skipped += 1
                    return true
                } onElement: { element in
                    found.append(element.withUnsafeBytes { String(decoding: $0, as: UTF8.self) })
                    return true
                }
            }
            outcome.isComplete = splitter.isComplete
        } catch {
            outcome.failure = error
        }
        return outcome
    }

    private func split(_ text: String) -> Outcome { split([Array(text.utf8)[...]]) }

    @Test(arguments: [
        ("[]", []),
        (" \t\r\n[ \n] \r\n\t ", []),
        ("\u{FEFF}[{}]", ["{}"]),
        ("\u{FEFF} [{}]", ["{}"]),
        (#"[{"a":1}]"#, [#"{"a":1}"#]),
        (#"[{"a":1},{"b":2}]"#, [#"{"a":1}"#, #"{"b":2}"#]),
        ("[ {} , {} ,\n{} ]", ["{}", "{}", "{}"]),
        (#"[{"a":"]}[{,"},{"b":"\"]}"}]"#, [#"{"a":"]}[{,"}"#, #"{"b":"\"]}"}"#]),
        (#"[{"a":"\\"},{"b":"\\\""}]"#, [#"{"a":"\\"}"#, #"{"b":"\\\""}"#]),
        (#"[{"a":[[1,[2]],{"c":{}}]}]"#, [#"{"a":[[1,[2]],{"c":{}}]}"#]),
        (#"[1,-2.5e3,true,null,"text, ]",[1,2]]"#, ["1", "-2.5e3", "true", "null", #""text, ]""#, "[1,2]"]),
        ("[1 , 2\n]", ["1", "2"]),
        (#"[{"ü":"€😀"}]"#, [#"{"ü":"€😀"}"#]),
    ])
    func `an array is cut into its elements, wherever its pieces end`(text: String, elements: [String]) {
        let bytes = Array(text.utf8)
        let expected = Outcome(elements: elements, isComplete: true)
        #expect(split([bytes[...]]) == expected)
        for first in 0...bytes.count {
            #expect(split([bytes[..<first], bytes[first...]]) == expected, "cut at \(first)")
            for second in first...bytes.count {
                let pieces = [bytes[..<first], bytes[first..<second], bytes[second...]]
                if split(pieces) != expected { Issue.record("cut at \(first) and \(second)") }
            }
        }
        #expect(split(bytes.indices.map { bytes[$0...$0] }) == expected, "byte by byte")
    }

    @Test(arguments: [
        ("{}", ArraySplitterError.notAnArray), ("null", .notAnArray), ("\"[]\"", .notAnArray), ("<html>", .notAnArray),
        (" \u{FEFF}[]", .notAnArray), ("\u{FEFF}\u{FEFF}[]", .notAnArray), ("x[]", .notAnArray),
        ("[,]", .missingElement), ("[,{}]", .missingElement), ("[{},]", .missingElement),
        ("[{},,{}]", .missingElement), ("[{}{}]", .missingComma), ("[{} {}]", .missingComma),
        ("[1 2]", .missingComma), ("[{}}", .missingComma), ("[{}]]", .trailingBytes), ("[] []", .trailingBytes),
        ("[],", .trailingBytes), ("[]\u{FEFF}", .trailingBytes), ("[{}]\0", .trailingBytes),
    ])
    func `what is not an array is detected, wherever its pieces end`(text: String, failure: ArraySplitterError) {
        let bytes = Array(text.utf8)
        #expect(split(text).failure == failure)
        for cut in 0...bytes.count {
            #expect(split([bytes[..<cut], bytes[cut...]]).failure == failure, "cut at \(cut)")
        }
    }

    @Test func `an incomplete byte order mark does not start an array`() {
        #expect(split([[0xEF, 0xBB, UInt8(ascii: "["), UInt8(ascii: "]")]]).failure == .notAnArray)
        #expect(split([[0xEF], [0x20]]).failure == .notAnArray)
    }

    @Test(arguments: ["", " ", "\u{FEFF}", "[", "[{}", "[{},", "[{", #"[{"a"#, #"[{"a\"#, "[1", "[[[[", "[{}, "])
    func `an array that has not closed is not complete`(text: String) {
        let outcome = split(text)
        #expect(outcome.failure == nil)
        #expect(!outcome.isComplete)
    }

    @Test(arguments: [1, 7, 4_096]) func `an element that is too large is skipped, and no other`(pieceSize: Int) {
        let large = #"{"a":"],\"["# + String(repeating: "x", count: 84) + #""}"#
        for (text, elements) in [
            ("[\(large)]", [String]()), ("[1,\(large),{}]", ["1", "{}"]), ("[\(large),\(large),2]", ["2"]),
        ] {
            let bytes = Array(text.utf8)
            let pieces = stride(from: 0, to: bytes.count, by: pieceSize).map {
                bytes[$0..<min($0 + pieceSize, bytes.count)]
            }
            let all = split(pieces, elementLimit: large.utf8.count)
            #expect(all.isComplete && all.oversized == 0)
            let some = split(pieces, elementLimit: large.utf8.count - 1)
            #expect(some.isComplete && some.elements == elements)
            #expect(some.oversized == all.elements.count - elements.count)
        }
    }

    @Test func `an oversized element that never ends completes no array`() {
        let outcome = split(
            [Array(#"[{"a":""#.utf8)[...], Array(repeating: UInt8(ascii: "x"), count: 1_000)[...]], elementLimit: 99)
        #expect(outcome == Outcome())
    }

    @Test func `nesting of any depth needs no stack`() {
        let deep = [UInt8](repeating: UInt8(ascii: "["), count: 500_000)
        #expect(split([[UInt8(ascii: "[")], deep[...]]).failure == nil)
        let closed = deep + [UInt8](repeating: UInt8(ascii: "]"), count: 500_000)
        #expect(split([closed[...]]).elements.count == 1)
    }

    @Test func `a consumer that rejects the rest gets no more elements`() {
        var splitter = ArraySplitter()
        var count = 0
        let bytes = Array("[{},{},{}]".utf8)
        #expect(throws: ArraySplitterError.rejected) {
            try splitter.split(bytes.span.bytes) { _ in
                count += 1
                return count < 2
            }
        }
        #expect(count == 2)
    }
}
