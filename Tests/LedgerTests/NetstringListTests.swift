import Testing

@testable import Ledger

/// Label values as one column holds them.
@Suite struct NetstringListTests {
    @Test(arguments: [
        [], [""], ["", ""], ["Compromise::Watched Domain", "critical"], ["5:other", ":", "1:1:1"],
        ["é", "e\u{301}", "\u{0}", "🔥\n\"\\"], [String(repeating: "x", count: 100_000)],
    ])
    func `every list reads back byte for byte`(texts: [String]) {
        let read = NetstringList.decoded(NetstringList.encoded(texts))
        #expect(read?.map { Array($0.utf8) } == texts.map { Array($0.utf8) })
    }

    @Test(arguments: [
        "x", ":", "3", "3:ab", "2:abc", "-1:", "+1:a", " 1:a", "1:é", "0x1:a", "9223372036854775807:a",
        "99999999999999999999:a", "1:a1", "1:a:",
    ])
    func `anything else is no list`(text: String) {
        #expect(NetstringList.decoded(text) == nil)
    }
}
