import Configuration
import Testing

/// Mistakes of a first installation: each is named where it is made.
@Suite struct FirstContactTests {
    private let folder: Folder
    private static let token = String(repeating: "a1", count: 20)

    init() throws { folder = try Folder() }

    private func load(_ environment: [String: String], _ arguments: [String] = []) throws(ConfigurationErrors)
        -> (settings: Settings, warnings: [String])
    {
        let invocation = try Settings.load(
            arguments: arguments, environment: environment, defaultFile: "\(folder.path)/none.yml")
        guard case .run(let settings, let warnings) = invocation else { return (Settings(), ["not a run"]) }
        return (settings, warnings.map { $0.description.replacing("\(folder.path)/", with: "") })
    }

    private static let whole = [
        "DARKTRACE_URL": "https://dt.example", "DARKTRACE_PUBLIC_TOKEN": token, "DARKTRACE_PRIVATE_TOKEN": token,
    ]

    private static let quotes = "holds a token in quotes, which are sent as part of it; remove the quotes"
    private static let dollar =
        "holds a $: variables are not expanded here; write the token itself, or name a file with it"
    private static let shape =
        "holds something that no token looks like: tokens are letters and digits; copy it again"

    @Test(arguments: [
        (token, nil), ("550e8400-e29b-41d4-a716-446655440000", nil), ("\"\(token)\"", quotes), ("'\(token)'", quotes),
        ("${DT_PRIVATE}", dollar), ("$DT_PRIVATE", dollar), ("<private>", shape), ("abc:def", shape),
        ("c2VjcmV0IHRva2Vu==", shape),
    ])
    func `a token that no appliance issues is a warning, wherever it is written`(token: String, doubt: String?) throws {
        let (_, variable) = try load(Self.whole.merging(["DARKTRACE_PRIVATE_TOKEN": token]) { $1 })
        #expect(variable == (doubt.map { ["DARKTRACE_PRIVATE_TOKEN: \($0)"] } ?? []))

        let inline = try folder.settings(file(line: 6, "    private_token: '\(token.replacing("'", with: "''"))'"))
        #expect(inline.warnings == (doubt.map { ["x.yml:6: appliances[0].private_token: \($0)"] } ?? []))

        try folder.write("token", "\u{FEFF}\(token)\r\n")
        let named = try folder.settings(file(line: 6, "    private_token_file: token"))
        #expect(
            named.warnings == (doubt.map { ["x.yml:6: appliances[0].private_token_file: \"token\" \($0)"] } ?? []))
        #expect(try named.0.appliances.first?.privateToken.read() == Secret(token))
    }

    @Test func `a token file in UTF-16 is refused with its encoding`() throws {
        try folder.write("token", [0xFF, 0xFE, 0x61, 0x00, 0x62, 0x00])
        #expect(
            try folder.complaint(file(line: 6, "    private_token_file: token"))
                == "x.yml:6: appliances[0].private_token_file: \"token\": is UTF-16 text; save it as UTF-8")
    }

    @Test(arguments: [
        ("\"https://127.0.0.1:9\"", "is in quotes, which are part of the value; remove them"),
        ("https://${HOST}", "contains ${: variables are not expanded here; write the value itself"),
        ("https://dt.example.", "has a host that ends with a dot; leave out the dot"),
        ("https://dt.example.:443", "has a host that ends with a dot; leave out the dot"),
    ])
    func `a URL that cannot work is refused with the reason`(url: String, problem: String) {
        let error = #expect(throws: ConfigurationErrors.self) {
            try load(Self.whole.merging(["DARKTRACE_URL": url]) { $1 })
        }
        #expect(error?.description == "DARKTRACE_URL: \(problem)")
    }

    @Test(arguments: [
        ("http://user:p%40ss@proxy", nil), ("http://user:p@ss@proxy", nil), ("socks5h://u:p@[::1]", nil),
        ("http://user:50%@proxy", "has a % in its password that is not followed by two hex digits; write % as %25"),
        ("http://us%er:x@proxy", "has a % in its user that is not followed by two hex digits; write % as %25"),
        ("http://user:%+1@proxy", "has a % in its password that is not followed by two hex digits; write % as %25"),
        ("http://user:a%0Ab@proxy", "has a control character in its password"),
        ("http://us%3Aer:x@proxy", "has a colon in its user, which basic authentication cannot carry"),
        ("http://user:a/b@proxy", "has a / ? or # before its @; in a user or password write %2F, %3F or %23"),
        (
            "socks5://user:\(String(repeating: "x", count: 256))@proxy",
            "has a password of more than 255 bytes, which SOCKS5 cannot carry"
        ),
    ])
    func `a user or password that a proxy cannot get is refused`(url: String, problem: String?) throws {
        let complaint = try folder.complaint(file(line: 7, "    proxy_url: '\(url)'"))
        #expect(complaint == problem.map { "x.yml:7: appliances[0].proxy_url: \($0)" })
    }

    @Test func `one appliance under two names is a warning`() throws {
        let text = file(
            line: 7,
            "  - {name: b, url: 'https://10.0.0.5:443/', public_token: p, private_token: q}\n"
                + "  - {name: c, url: 'https://10.0.0.5:8443', public_token: p, private_token: q}")
        #expect(
            try folder.settings(text).warnings == [
                "x.yml:7: appliances[1].url: is also the url of appliances[0] (line 3); every breach is counted under "
                    + "both names"
            ])
    }

    @Test(arguments: [
        ("DARKTRACE_CAFILE", "unknown variable, without effect; did you mean DARKTRACE_CA_FILE?"),
        ("DARKTRACE_PUBLIC_TOKN", "unknown variable, without effect; did you mean DARKTRACE_PUBLIC_TOKEN?"),
        (
            "DARKTRACE_EXPORTER_LOGLEVEL",
            "unknown variable, without effect; did you mean DARKTRACE_EXPORTER_LOG_LEVEL?"
        ),
        ("DARKTRACE_SOMETHING_ELSE_ALTOGETHER", "unknown variable, without effect; --help lists the variables"),
    ])
    func `an unknown variable is a warning with a suggestion`(name: String, text: String) throws {
        let (_, warnings) = try load(Self.whole.merging([name: "x"]) { $1 })
        #expect(warnings == ["\(name): \(text)"])
    }

    @Test(arguments: [
        "DARKTRACE_EXPORTER_SERVICE_HOST", "DARKTRACE_EXPORTER_SERVICE_PORT", "DARKTRACE_EXPORTER_SERVICE_PORT_METRICS",
        "DARKTRACE_EXPORTER_PORT", "DARKTRACE_EXPORTER_PORT_13947_TCP", "DARKTRACE_EXPORTER_PORT_13947_TCP_PROTO",
        "DARKTRACE_EXPORTER_PORT_13947_TCP_PORT", "DARKTRACE_EXPORTER_PORT_13947_TCP_ADDR", "DARKTRACE_PORT",
        "DARKTRACE_SERVICE_HOST", "DARKTRACE_EXPORTER_WEB_PORT", "DARKTRACE_EXPORTER_WEB_SERVICE_HOST", "OTHER_URL",
    ])
    func `what Kubernetes adds for a Service is ignored`(name: String) throws {
        let (_, warnings) = try load(Self.whole.merging([name: "tcp://10.0.0.1:13947"]) { $1 })
        #expect(warnings == [])
    }

    @Test(arguments: [
        "/clusters/clusterproduction2025east.yml", "/9f86d081884c7d659a2feaa0c55ad015/exporter.yml",
        "./9f86d081884c7d659a2feaa0c55ad015/x", "clusterproduction2025east.yml",
    ])
    func `a path that the operator wrote is shown in full`(path: String) throws {
        let error = #expect(throws: ConfigurationErrors.self) { try load([:], ["--config.file=\(path)"]) }
        #expect(error?.description == "\"\(path)\": no such file; name another one with --config.file")
        for key in ["public_token_file", "private_token_file"] {
            let line = key == "public_token_file" ? 5 : 6
            let shown = path.hasPrefix("/") ? path : "\(folder.path)/\(path)"
            let complaint = try folder.complaint(file(line: line, "    \(key): \(path)"))
            #expect(
                complaint
                    == "x.yml:\(line): appliances[0].\(key): \"\(shown.replacing("\(folder.path)/", with: ""))\": "
                    + "no such file")
        }
    }

    @Test func `a tab in the indentation is called a tab`() throws {
        for text in ["global:\n\tpoll_interval: 60s", "global:\n  \tpoll_interval: 60s\n\tx: 1"] {
            let complaint = try #require(try folder.complaint(text))
            #expect(complaint.contains("is indented with a tab; YAML needs spaces"), "\(complaint)")
        }
    }
}
