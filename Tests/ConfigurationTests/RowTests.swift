import Testing

@testable import Configuration

/// Every declared flag and key has an effect, and every one has a variable.
@Suite struct RowTests {
    private let folder: Folder

    init() throws {
        folder = try Folder()
        try folder.write("good.yml", file())
    }

    private static let token = String(repeating: "b2", count: 20)

    private func appliance(_ environment: [String: String]) throws -> Settings.Appliance {
        let invocation = try Settings.load(
            arguments: [], environment: environment, defaultFile: "\(folder.path)/none.yml")
        guard case .run(let settings, _) = invocation, let appliance = settings.appliances.first else {
            throw Folder.NotARun()
        }
        return appliance
    }

    /// A value for each key that is not its default.
    private static let values = [
        "name": "hq", "url": "https://10.0.0.6", "public_token": "x", "public_token_file": "f", "private_token": "x",
        "private_token_file": "f", "date_format": "iso8601", "proxy_url": "http://p", "ca_file": "f", "cert_file": "f",
        "key_file": "f", "server_name": "a", "fingerprint": String(repeating: "a1", count: 32),
        "insecure_skip_verify": "true", "min_version": "TLS13",
        "poll_interval": "2m", "status_interval": "2m", "poll_timeout": "1s", "overlap": "1h", "initial_lookback": "1d",
        "recheck_interval": "2h", "recheck_window": "2d", "requests_per_minute": "5", "max_models": "5",
        "new_series_hold": "1m", "enabled": "false", "ui_url": "https://dt.example",
    ]

    @Test func `every key changes the appliance, also as a variable`() throws {
        #expect(Set(Self.values.keys) == Set(ApplianceKey.all.map(\.name)))
        var base = [
            "DARKTRACE_URL": "https://10.0.0.5", "DARKTRACE_PUBLIC_TOKEN": Self.token,
            "DARKTRACE_PRIVATE_TOKEN": Self.token,
        ]
        let before = try appliance(base)
        for (key, value) in Self.values {
            let row = try #require(ApplianceKey.all.first { $0.name == key })
            var environment = base
            environment[row.variable] = value
            if key.hasSuffix("_token_file") { environment[String(row.variable.dropLast(5))] = nil }
            if key == "cert_file" { environment["DARKTRACE_KEY_FILE"] = "other" }
            if key == "key_file" { environment["DARKTRACE_CERT_FILE"] = "other" }
            #expect(try appliance(environment) != before, "\(key)")
        }
        base["DARKTRACE_STATUS_INTERVAL"] = "0"
        #expect(try appliance(base).feeds["status"]?.isEnabled == false)
    }

    /// A value for each flag that is not its default.
    private static let flags = [
        "config.file": "other.yml", "config.check": "true", "config.check-syntax": "true", "web.listen-address": ":1",
        "web.telemetry-path": "/m", "web.config.file": "web.yml", "web.max-requests": "1",
        "web.enable-lifecycle": "true", "web.systemd-socket": "true", "web.openmetrics-created": "true",
        "state.path": "x.db", "log.level": "debug", "log.format": "json", "start": "1", "end": "2", "step": "1m",
        "label": "a=b", "ledger-start": "1", "web.external-url": "https://dt.example/x", "web.route-prefix": "/x",
        "config.auto-reload": "true", "web.health-without-auth": "true", "output": "json", "quiet": "true",
        "to": "copy.db", "log.breaches": "true",
    ]

    private func invocation(
        _ arguments: [String], _ environment: [String: String] = [:], command: Command? = nil
    ) throws -> Invocation {
        let isBare = arguments.isEmpty && environment.isEmpty
        let words =
            switch command {
            case .check: ["check"]
            case .state: ["state", isBare ? "list" : "copy"]
            default: ["backfill", "--start=0"]
            }
        let hasStart = arguments.contains { $0.hasPrefix("--start") }
        let arguments = words.filter { !hasStart || !$0.hasPrefix("--") } + arguments
        return try Settings.load(
            arguments: arguments, environment: environment, defaultFile: "\(folder.path)/good.yml")
    }

    @Test func `every flag changes the settings, and its variable does the same`() throws {
        try folder.write("web.yml", "")
        try folder.write("other.yml", file())
        #expect(Set(Self.flags.keys) == Set(Flag.table.filter { $0.variable != nil }.map(\.name)))
        for (name, value) in Self.flags {
            let flag = try #require(Flag.named(name))
            let variable = try #require(flag.variable)
            var text = value
            if value.hasSuffix(".yml") { text = "\(folder.path)/\(value)" }
            var argument = "--\(name)=\(text)"
            if case .boolean = flag.kind { argument = "--\(name)" }
            let given = try invocation([argument], command: flag.command)
            #expect(try given != invocation([], command: flag.command), "\(name)")
            if name != "start" {
                #expect(try invocation([], [variable: text], command: flag.command) == given, "\(variable)")
            }
            #expect(!UnknownVariables.isOfKubernetes(variable), "\(variable)")
        }
        for row in ApplianceKey.all { #expect(!UnknownVariables.isOfKubernetes(row.variable)) }
    }

    @Test func `the command line wins over a variable, and a repeatable variable has commas`() throws {
        let name = "DARKTRACE_EXPORTER_WEB_LISTEN_ADDRESS"
        let file = "\(folder.path)/good.yml"
        guard
            case .run(let one, let warnings) = try Settings.load(
                arguments: [], environment: [name: ":1,[::1]:2"], defaultFile: file),
            case .run(let other, _) = try Settings.load(
                arguments: ["--web.listen-address=:3"], environment: [name: ":1"], defaultFile: file)
        else { throw Folder.NotARun() }
        #expect(one.web.listenAddresses == [":1", "[::1]:2"])
        #expect(other.web.listenAddresses == [":3"])
        #expect(warnings.isEmpty)
    }

    @Test(arguments: [
        ("DARKTRACE_EXPORTER_LOG_LEVEL", "\"debug\"", "is in quotes, which are part of the value; remove them"),
        ("DARKTRACE_EXPORTER_WEB_ENABLE_LIFECYCLE", "yes", "must be true or false"),
        ("DARKTRACE_EXPORTER_WEB_LISTEN_ADDRESS", ":1,x", "needs host:port, :port, [v6]:port or unix:PATH"),
    ])
    func `a bad variable is named`(name: String, value: String, problem: String) {
        let error = #expect(throws: ConfigurationErrors.self) { try invocation([], [name: value]) }
        #expect(error?.description == "\(name): \(problem)")
    }

    @Test func `the variables of backfill mean nothing to other commands`() throws {
        let file = "\(folder.path)/good.yml"
        guard
            case .run = try Settings.load(
                arguments: [], environment: ["DARKTRACE_EXPORTER_START": "x"], defaultFile: file)
        else { throw Folder.NotARun() }
    }

    @Test func `feeds are set globally and by appliance, where the appliance wins`() throws {
        let text = """
            global:
              status_interval: 5m
              feeds: {modelbreaches: {enabled: false}}
            appliances:
              - {name: a, url: 'https://a', public_token: p, private_token: q}
              - name: b
                url: https://b
                public_token: p
                private_token: q
                feeds: {modelbreaches: {enabled: true}, status: {interval: 2m}}
              - {name: c, url: 'https://c', public_token: p, private_token: q, status_interval: 0s}
              - {name: d, url: 'https://d', public_token: p, private_token: q, feeds: {status: {enabled: false}}}
            """
        let appliances = try folder.settings(text).0.appliances
        #expect(appliances.map { $0.feeds["modelbreaches"]?.isEnabled } == [false, true, false, false])
        #expect(appliances.map(\.statusInterval) == [300, 120, 0, 0])
    }

    @Test func `the feeds that can be set are those that are declared`() throws {
        let path = try folder.write(
            "feeds.yml", file(line: 7, "    feeds: {antigena: {interval: 1m}, incidents: {window: 3d, enabled: true}}"))
        let feeds = [
            FeedDeclaration(name: "antigena", interval: 60),
            FeedDeclaration(name: "incidents", isEnabled: false, interval: 300, window: 604_800),
        ]
        guard
            case .run(let settings, _) = try Settings.load(
                arguments: ["--config.file", path], environment: [:], feeds: feeds)
        else { throw Folder.NotARun() }
        #expect(
            settings.appliances.first?.feeds == [
                "antigena": Settings.FeedSettings(isEnabled: true, interval: 60, window: nil),
                "incidents": Settings.FeedSettings(isEnabled: true, interval: 300, window: 259_200),
            ])
        let error = #expect(throws: ConfigurationErrors.self) {
            try Settings.load(arguments: ["--config.file", path], environment: [:], feeds: [])
        }
        #expect(error?.errors.count == 2)
    }

    @Test(arguments: [
        ("{status: {interval: 1m}}\n    status_interval: 1m", "status.interval: status_interval is set as well"),
        ("{modelbreaches: {interval: 1m}}", "modelbreaches.interval: unknown key; the keys here are enabled"),
        ("{status: {window: 1d}}", "status.window: unknown key; the keys here are enabled, interval"),
        ("{status: {interval: 0s}}", "status.interval: \"0s\" is too short; the minimum is 1s"),
        ("[status]", "must be keys with values, like modelbreaches: …"),
        ("{status: off}", "status: must be keys with values, like enabled: …"),
    ])
    func `a bad feed is refused`(text: String, problem: String) throws {
        let complaint = try #require(try folder.complaint(file(line: 7, "    feeds: \(text)")))
        #expect(complaint.contains(problem), "\(complaint)")
    }
}
