import Testing
import Values

@Suite struct RedactionTests {
    private let redaction: Redaction

    init() {
        var redaction = Redaction(hiding: ["hunter2", "hunter2-and-more", "abc", " \tpadded\r\n", ""])
        redaction.hidePassword(ofURL: "http://user:p%40ss@proxy:3128")
        redaction.hidePassword(ofURL: "u:pw@h")
        self.redaction = redaction
    }

    @Test(arguments: [
        ("plain", "plain"), ("<hunter2>", "<<hidden>>"),
        ("padded.", "<hidden>."), ("abcd", "abcd"), ("abc", "<hidden>"), ("http://u:pw@h", "http://<hidden>h"),
        ("p%40ss p@ss user@proxy", "<hidden> <hidden> user@proxy"), ("Basic dXNlcjpwQHNz", "Basic <hidden>"),
        // One secret is a part of another, and where a text was cut there may be the start of one.
        ("hunter2-and-more", "<hidden>"), ("say hunter2-and-mo", "say <hidden>"), ("say hunter", "say hunter"),
        // To Swift, an accent makes another character of the letter before it.
        ("hunter2\u{301}", "<hidden>\u{301}"), ("\u{1B}[31m\u{202E}", "\\u{1b}[31m\\u{202e}"),
    ])
    func `an appliance's text is repeated on one line without the secrets`(text: String, shown: String) {
        let line = SanitizedText(text, hiding: redaction).description
        #expect(Array(line.unicodeScalars) == Array(shown.unicodeScalars), "\(line)")
    }

    /// A text, and whether it may be shown as a value, as a name, as a path and as a key.
    @Test(arguments: [
        ("30s", [true, true, true, true]),
        ("hq\u{202E}", [true, true, true, true]),
        ("abcd", [true, true, true, true]),
        ("abc", [false, false, false, false]),
        ("my hunter2\u{301}", [false, false, false, false]),
        ("http://u:p@ss@h", [false, false, false, false]),
        ("0123456789abcdef0123456789abcdef01234567", [false, false, false, false]),
        ("/etc/0123456789abcdef0123456789abcdef01234567", [false, false, false, false]),
        ("/etc/0123456789abcdef0123456789abcdef01234567.pem", [false, false, true, false]),
        ("/etc/darktrace-exporter/tokens/hq.private", [false, true, true, false]),
        ("Secr3t!pass", [true, true, true, false]),
    ])
    func `a user's text is shown as it is or not at all`(text: String, isShown: [Bool]) {
        let word = redaction.word(text)
        let shown = [redaction.shown(text), redaction.shownWhole(text), redaction.shownPath(text), word ?? ""]
        let line = SanitizedText(text, limit: 100).description
        #expect(shown[3] == (isShown[3] ? line : ""))
        for (text, isShown) in zip(shown, isShown).dropLast() { #expect(text.contains(line) == isShown, "\(text)") }
    }
}
