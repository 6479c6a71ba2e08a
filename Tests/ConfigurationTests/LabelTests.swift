import Testing

@testable import Configuration

/// The labels, links and licence limits of appliances.
@Suite struct LabelTests {
    private let folder: Folder

    init() throws { folder = try Folder() }

    private func labels(_ yaml: String, global: String = "{}") throws -> [String: String] {
        let text = file(line: 1, "global: {labels: \(global)}") + "    labels: \(yaml)\n"
        return try folder.settings(text).0.appliances[0].presentation.labels
    }

    @Test func `the labels of an appliance are added to the global ones and win`() throws {
        let found = try labels("{site: london, tier: 1}", global: "{region: emea, site: unknown}")
        #expect(found == ["region": "emea", "site": "london", "tier": "1"])
        #expect(try labels("", global: "{region: emea}") == ["region": "emea"])
    }

    /// Whatever is valid UTF-8 is a value: the encoders escape it.
    @Test(arguments: [
        (#""a\"b\\c\nd""#, "a\"b\\c\nd"), ("'{}=,'", "{}=,"), (#""\0\x1b[31m""#, "\0\u{1B}[31m"), ("é🦊", "é🦊"),
        (#""\u202Eright to left""#, "\u{202E}right to left"), ("'  x '", "  x "), ("<b>&amp;", "<b>&amp;"),
        (String(repeating: "é", count: 128), String(repeating: "é", count: 128)),
    ]) func `a hostile value is taken as it is`(yaml: String, value: String) throws {
        #expect(try labels("{l: \(yaml)}") == ["l": value])
    }

    static let refused: [(String, String)] = [
        ("{\"\": x}", "is no name of a label"), ("{1a: x}", "is no name of a label"), ("{a-b: x}", "is no name"),
        ("{é: x}", "is no name of a label"), ("{\"a b\": x}", "is no name"), ("{\"a{\": x}", "is no name of a label"),
        ("{__name__: x}", "is no name of a label"), ("{a: \"\"}", "has no value"), ("{a: }", "has no value"),
        ("{a: [x]}", "must be a value, not a list"), ("{a: {b: x}}", "must be a value, not keys with values"),
        ("{a: \(String(repeating: "é", count: 128))x}", "is longer than 256 bytes"),
        ("{\(String(repeating: "a", count: 65)): x}", "is no name of a label"), ("[a]", "must be labels with values"),
        ("{a: x, a: y}", "is written twice"), ("text", "must be labels with values"),
        ("{\((1...17).map { "l\($0): x" }.joined(separator: ", "))}", "has 17 labels"),
    ]

    @Test(
        arguments: refused + ApplianceLabels.reserved.sorted().map { ("{\($0): x}", "is a label of the exporter") }
            + ApplianceLabels.ofPrometheus.sorted().map { ("{\($0): x}", "is a label that Prometheus sets") })
    func `a bad label is refused with its place`(yaml: String, problem: String) throws {
        let complaint = try #require(try folder.complaint(file(line: 7, "    labels: \(yaml)")))
        #expect(complaint.contains("x.yml:"), "\(complaint)")
        #expect(complaint.contains(problem), "\(complaint)")
    }

    @Test func `sixteen labels are the limit for global ones and those of the appliance together`() throws {
        func mapping(_ range: ClosedRange<Int>) -> String {
            "{\(range.map { "l\($0): x" }.joined(separator: ", "))}"
        }
        #expect(try labels(mapping(5...16), global: mapping(1...8)).count == 16)
        let text = file(line: 1, "global: {labels: \(mapping(1...8))}") + "    labels: \(mapping(9...17))\n"
        #expect(try folder.complaint(text)?.contains("has 17 labels with the global ones; the maximum is 16") == true)
    }

    @Test(arguments: ApplianceLabels.overwritten.sorted())
    func `a name that discovery sets is a warning`(name: String) throws {
        let (settings, warnings) = try folder.settings(file(line: 7, "    labels: {\(name): x}"))
        #expect(settings.appliances[0].presentation.labels == [name: "x"])
        #expect(warnings.count == 1)
        #expect(warnings[0].hasPrefix("x.yml:7: appliances[0].labels.\(name): "))
        #expect(warnings[0].contains("exported_\(name)"))
    }

    @Test(arguments: [
        ("https://hq.example", "https://hq.example", ""), ("HTTP://HQ.example:8080/", "http://hq.example:8080", ""),
        ("https://[2001:DB8::1]/a/b//", "https://[2001:db8::1]/a/b", "/a/b"),
        ("https://hq.example/it's&(so)", "https://hq.example/it's&(so)", "/it's&(so)"),
    ]) func `a web address keeps host, port and path`(text: String, url: String, path: String) throws {
        let parsed = try WebURL(parsing: text)
        #expect(parsed.description == url)
        #expect(parsed.path == path)
    }

    @Test(arguments: [
        "", "hq.example", "ftp://hq.example", "javascript:alert(1)", "https://", "https:///x",
        "https://user@hq.example",
        "https://user:pass@hq.example/x", "https://hq.example/x@y", "https://hq.example/?a=b", "https://hq.example/#x",
        "https://hq.example/<b>", "https://hq.example/\"", "https://hq.example/a b", "https://hq.example/\n",
        "https://hq.example:0", "https://hq.example:99999", "https://é.example",
        "https://hq.example/\(String(repeating: "a", count: 2_000))",
    ]) func `what is no plain web address is refused for ui_url and for the external address`(text: String) throws {
        #expect(throws: (any Error).self) { try WebURL(parsing: text) }
        let quoted = text.replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
        #expect(try folder.complaint(file(line: 7, "    ui_url: \"\(quoted)\"")) != nil)
        let good = try folder.write("good.yml", file())
        #expect(throws: ConfigurationErrors.self) {
            try Settings.load(arguments: ["--config.file", good, "--web.external-url=\(text)"], environment: [:])
        }
    }

    private func web(_ arguments: String...) throws -> Settings.Web {
        let good = try folder.write("good.yml", file())
        guard
            case .run(let settings, _) = try Settings.load(
                arguments: ["--config.file", good] + arguments, environment: [:])
        else { throw Folder.NotARun() }
        return settings.web
    }

    @Test func `the route prefix is the path of the external address unless it is given`() throws {
        #expect(try web().routePrefix == "")
        #expect(try web("--web.external-url=https://dt.example/a/b/").routePrefix == "/a/b")
        #expect(try web("--web.external-url=https://dt.example/a", "--web.route-prefix=/").routePrefix == "")
        #expect(try web("--web.external-url=https://dt.example/a", "--web.route-prefix=/x/").routePrefix == "/x")
        #expect(try web().healthPaths == ["/-/healthy", "/-/ready"])
        #expect(try web("--web.route-prefix=/x").healthPaths == ["/x/-/healthy", "/x/-/ready"])
        #expect(throws: ConfigurationErrors.self) { try web("--web.route-prefix=x") }
        #expect(throws: ConfigurationErrors.self) { try web("--web.route-prefix=/a b") }
    }

    @Test func `licence limits are whole numbers of known kinds`() throws {
        let (settings, _) = try folder.settings(file(line: 7, "    license_limits: {ip: 5000, cloud_ip: 1, saas: 20}"))
        #expect(settings.appliances[0].presentation.licenseLimits == [.ip: 5_000, .cloudIP: 1, .saas: 20])
        for bad in ["{ip: 0}", "{ip: 1.5}", "{ips: 1}", "{ip: \"5\"}", "5000"] {
            #expect(try folder.complaint(file(line: 7, "    license_limits: \(bad)")) != nil, "\(bad)")
        }
    }
}
