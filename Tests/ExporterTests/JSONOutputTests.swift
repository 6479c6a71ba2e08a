import Foundation
import Testing

@testable import Exporter

/// What pages and commands offer to scripts, read back by Foundation.
@Suite struct JSONOutputTests {
    @Test(arguments: ["", "é", "a \"b\" \\ /", "tab\tline\nbell\u{7}zero\u{0}end", "\u{2028}", "👩‍🚒"])
    func `a text is read back as it was`(text: String) throws {
        for isPretty in [false, true] {
            let bytes = JSONOutput.object([text: .list([.text(text)])]).bytes(isPretty: isPretty)
            #expect(try JSONDecoder().decode([String: [String]].self, from: Data(bytes)) == [text: [text]])
        }
    }

    @Test func `members are in the order of their keys`() {
        let value = JSONOutput.object(["b": .list([]), "a": .number(-1), "c": .object([:])])
        #expect(String(decoding: value.bytes(), as: UTF8.self) == #"{"a":-1,"b":[],"c":{}}"#)
        #expect(
            String(decoding: value.bytes(isPretty: true), as: UTF8.self) == """
                {
                  "a": -1,
                  "b": [],
                  "c": {}
                }
                """)
    }
}
