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

    /// One appliance, so that nothing else is wrong with a file.
    private static let good =
        "appliances:\n  - {name: hq, url: 'https://10.0.0.5', public_token: p, private_token: q}"

    @Test(arguments: shape + syntax + keys)
    func `a bad file is refused with its line`(bad: Case) throws {
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
            "x.yml:2: is indented with a tab; YAML needs spaces"),
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
        Case("global: &g {}\n\(good)", "x.yml:1: global: an anchor (&name) is not supported here; write the value out"),
        Case("global: *g", "x.yml:1: global: an alias (*name) is not supported here; write the value out"),
        Case("global: !!map {}\n\(good)", "x.yml:1: global: a tag (!name) is not supported here; write the value out"),
        Case(
            "global:\nappliances:\n  - name: hq\n    &k url: https://x\n    public_token: p\n    private_token: q",
            "x.yml:4: appliances[0]: an anchor (&name) is not supported here; write the value out"),
    ]

    static let keys = [
        Case("global: {}\nglobal: {}\n\(good)", "x.yml:2: global: is written twice, first in line 1; remove one"),
        Case(
            "appliances:\n  - name: a\n    url: https://x\n    name: b\n    public_token: p\n    private_token: q",
            "x.yml:4: appliances[0].name: is written twice, first in line 2; remove one"),
        Case("globals: {}\n\(good)", "x.yml:1: globals: unknown key; did you mean global?"),
        Case(
            "colour: red\n\(good)",
            "x.yml:1: colour: unknown key; the keys here are global, appliance_files, appliances, state"),
        Case(
            "\"\": red\n\(good)",
            "x.yml:1: ?: unknown key; the keys here are global, appliance_files, appliances, state"),
        Case(
            "poll_interval: 60s\n\(good)", "x.yml:1: poll_interval: unexpected key; move it to global or an appliance"),
        Case("global: {url: x}\n\(good)", "x.yml:1: global.url: unexpected key; move it to an appliance"),
        Case(
            "global: {pol_interval: 1s}\n\(good)",
            "x.yml:1: global.pol_interval: unknown key; did you mean poll_interval?"),
        Case(
            "global: {pollInterval: 1s}\n\(good)",
            "x.yml:1: global.pollInterval: unknown key; did you mean poll_interval?"),
        Case("global: [a]\n\(good)", "x.yml:1: global: must be keys with values, like poll_interval: …"),
        Case("global: {}", "x.yml:1: has no appliances; add the list appliances with a name, url and tokens each"),
        Case("appliances:", "x.yml:1: appliances: must be a list; begin each appliance with - name: …"),
        Case("appliances: []", "x.yml:1: appliances: is empty; name at least one appliance"),
        Case("appliances:\n  hq: {}", "x.yml:1: appliances: must be a list; begin each appliance with - name: …"),
        Case("appliances:\n  - hq", "x.yml:2: appliances[0]: must be keys with values, like name: …"),
        Case(
            "appliances:\n  -\n",
            """
            x.yml:2: appliances[0]: has no name; set name
            x.yml:2: appliances[0]: has no url; set url
            x.yml:2: appliances[0]: has no public token; set public_token or public_token_file
            x.yml:2: appliances[0]: has no private token; set private_token or private_token_file
            """),
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
        #expect(complaint("\(folder.path)/") == "\"\": is a directory\(advice)")
        #expect(complaint("/dev/null") == "\"/dev/null\": is not a regular file\(advice)")
        #expect(
            complaint("/etc/hostname/x.yml")
                == "\"/etc/hostname/x.yml\": not a directory; check the path\(advice)")
    }
}
