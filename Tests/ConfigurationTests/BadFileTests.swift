import Configuration
import Testing

/// What is wrong with a file as a whole, with its YAML, and with its outer keys.
@Suite struct BadFileTests {
    private let folder: Folder

    init() throws { folder = try Folder() }

    struct Case: Sendable, CustomTestStringConvertible {
        let text: String
        let message: String
        var testDescription: String { message }

        init(_ text: String, _ message: String) {
            self.text = text
            self.message = message
        }
    }

    @Test(arguments: shape + syntax + keys)
    func `a bad file is refused in one line`(bad: Case) throws {
        let complaint = try folder.complaint(bad.text)
        #expect(complaint == bad.message)
    }

    static let shape = [
        Case("", "x.yml:1: is empty; it needs at least the list appliances"),
        Case("# only a comment\n", "x.yml:1: is empty; it needs at least the list appliances"),
        Case("---\n", "x.yml:1: is empty; it needs at least the list appliances"),
        Case("just words", "x.yml:1: must begin with keys like global: and appliances:"),
        Case("\n- a\n- b", "x.yml:2: must begin with keys like global: and appliances:"),
        Case("a: 1\nb: \0\0", "x.yml:2: is a binary file, not YAML text"),
        Case("a: \u{1B}[31m", "x.yml:1: is not valid YAML: control characters are not allowed"),
        Case(
            "appliances: []\n---\nappliances: []",
            "x.yml:2: holds a second document; leave out the line ---"),
        Case(String(repeating: "[", count: 20), "x.yml:1: nests deeper than 16 levels"),
        Case(
            String(repeating: "#", count: 1_048_577),
            "\"x.yml\": is larger than 1048576 bytes; name another one with --config.file"),
    ]

    static let syntax = [
        Case(
            "global:\n\tpoll_interval: 60s",
            "x.yml:2: is not valid YAML: found character that cannot start any token (column 1)"),
        Case("a: 'open", "x.yml:1: is not valid YAML: found unexpected end of stream (column 9)"),
        Case(
            "a: [1, 2",
            "x.yml:1: is not valid YAML: did not find expected ',' or ']' (end of the file) while parsing a flow sequence from line 1"
        ),
        Case(
            "a: 1\nb:\n  - c\n d: 2",
            "x.yml:4: is not valid YAML: did not find expected key (column 2) while parsing a block mapping from line 1"
        ),
        Case("a: b: c", "x.yml:1: is not valid YAML: mapping values are not allowed in this context (column 5)"),
        Case("a: 1\n  b: 2", "x.yml:2: is not valid YAML: mapping values are not allowed in this context (column 4)"),
        Case("%YAML 3.0\n---\na: 1", "x.yml:1: is not valid YAML: found incompatible YAML document (column 1)"),
        Case("? [a]\n: b", "x.yml:1: a key must be a plain word"),
        Case("global: &g {}", "x.yml:1: global: an anchor (&name) is not supported here; write the value out"),
        Case("global: *g", "x.yml:1: global: an alias (*name) is not supported here; write the value out"),
        Case("global: !!map {}", "x.yml:1: global: a tag (!name) is not supported here; write the value out"),
        Case(
            "global:\nappliances:\n  - name: hq\n    &k url: x",
            "x.yml:4: appliances[0]: an anchor (&name) is not supported here; write the value out"),
    ]

    static let keys = [
        Case("global: {}\nglobal: {}", "x.yml:2: global: is written twice, first in line 1; remove one"),
        Case(
            "appliances:\n  - name: a\n    url: x\n    name: b",
            "x.yml:4: appliances[0].name: is written twice, first in line 2; remove one"),
        Case("globals: {}", "x.yml:1: globals: is not known; did you mean global?"),
        Case("colour: red", "x.yml:1: colour: is not known; the keys here are global, appliances"),
        Case("\"\": red", "x.yml:1: ?: is not known; the keys here are global, appliances"),
        Case(
            "poll_interval: 60s", "x.yml:1: poll_interval: is not known here; it belongs in global or in an appliance"),
        Case("global: {url: x}", "x.yml:1: global.url: is not known here; it belongs in an appliance"),
        Case("global: {pol_interval: 1s}", "x.yml:1: global.pol_interval: is not known; did you mean poll_interval?"),
        Case("global: {pollInterval: 1s}", "x.yml:1: global.pollInterval: is not known; did you mean poll_interval?"),
        Case("global: [a]", "x.yml:1: global: must be keys with values, like poll_interval: …"),
        Case("global: {}", "x.yml:1: has no appliances; add the list appliances with a name, url and tokens each"),
        Case("appliances:", "x.yml:1: appliances: must be a list; begin each appliance with - name: …"),
        Case("appliances: []", "x.yml:1: appliances: is empty; name at least one appliance"),
        Case("appliances:\n  hq: {}", "x.yml:1: appliances: must be a list; begin each appliance with - name: …"),
        Case("appliances:\n  - hq", "x.yml:2: appliances[0]: must be keys with values, like name: …"),
        Case("appliances:\n  -\n", "x.yml:2: appliances[0]: has no name; set name"),
    ]

    @Test func `text that is not UTF-8 is refused with its line`() throws {
        let bytes = Array("global: {}\n# ".utf8) + [0xC3, 0x28]
        #expect(try folder.complaint(bytes: bytes) == "x.yml:2: is not UTF-8 text")
    }

    @Test func `a path that leads to no file is refused`() throws {
        func complaint(_ path: String) -> String? {
            do {
                _ = try Settings.load(arguments: ["--config.file", path], environment: [:])
                return nil
            } catch { return error.description.replacing("\(folder.path)/", with: "") }
        }
        let advice = "; name another one with --config.file"
        #expect(complaint("\(folder.path)/none.yml") == "\"none.yml\": no such file\(advice)")
        #expect(complaint("\(folder.path)/") == "\"\": is a folder\(advice)")
        #expect(complaint("/dev/null") == "\"/dev/null\": is not a regular file\(advice)")
        #expect(
            complaint("/etc/hostname/x.yml")
                == "\"/etc/hostname/x.yml\": has a part before the last that is no folder\(advice)")
    }
}
