import Configuration
import Testing

@Suite struct EnvironmentTests {
    private let folder: Folder

    init() throws {
        folder = try Folder()
        try folder.write("token", "priv\n")
        try folder.write("ca.pem", PEM.certificate)
    }

    private static let whole = [
        "DARKTRACE_URL": "https://DT.example:8443", "DARKTRACE_PUBLIC_TOKEN": "pub", "DARKTRACE_PRIVATE_TOKEN": "priv",
    ]

    /// `FOLDER` in a value stands for the folder of the test.
    private func load(_ environment: [String: String], _ arguments: [String] = []) throws(ConfigurationErrors)
        -> Invocation
    {
        try Settings.load(
            arguments: arguments, environment: environment.mapValues { $0.replacing("FOLDER", with: folder.path) },
            defaultFile: "\(folder.path)/default.yml")
    }

    private func complaint(_ environment: [String: String], _ arguments: [String] = []) -> String? {
        do {
            _ = try load(environment, arguments + ["--config.check"])
            return nil
        } catch { return error.description.replacing("\(folder.path)/", with: "") }
    }

    @Test func `the variables alone name one appliance after its host`() throws {
        var expected = Settings()
        expected.appliances = [
            Settings.Appliance(
                name: "dt.example", url: BaseURL(isSecure: true, host: "dt.example", port: 8_443),
                publicToken: .inline(Secret("pub")), privateToken: .inline(Secret("priv")))
        ]
        expected.appliances[0].isFromEnvironment = true
        #expect(try load(Self.whole) == .run(expected, warnings: []))
        #expect(expected.appliances[0].settingName("poll_timeout") == "DARKTRACE_POLL_TIMEOUT")
    }

    @Test func `tokens and authority may come from files, and an empty variable is not set`() throws {
        let environment = [
            "DARKTRACE_URL": "https://[2001:DB8::1]", "DARKTRACE_PUBLIC_TOKEN": "pub\n", "DARKTRACE_PRIVATE_TOKEN": "",
            "DARKTRACE_PRIVATE_TOKEN_FILE": "FOLDER/token", "DARKTRACE_CA_FILE": "FOLDER/ca.pem",
            "DARKTRACE_PUBLIC_TOKEN_FILE": "", "HTTPS_PROXY": "http://proxy",
        ]
        guard case .run(let settings, _) = try load(environment), let appliance = settings.appliances.first else {
            Issue.record("not a run")
            return
        }
        #expect(appliance.name == "2001:db8::1")
        #expect(appliance.publicToken == .inline(Secret("pub")))
        #expect(appliance.privateToken == .file("\(folder.path)/token"))
        #expect(appliance.tls.caFile == "\(folder.path)/ca.pem")
        #expect(appliance.proxy == nil)
    }

    @Test(
        arguments: [
            (
                [:],
                "default.yml: there is no such file; write one or name it with --config.file, or set DARKTRACE_URL, "
                    + "DARKTRACE_PUBLIC_TOKEN and DARKTRACE_PRIVATE_TOKEN for one appliance"
            ),
            (
                ["DARKTRACE_URL": nil],
                "default.yml: DARKTRACE_PUBLIC_TOKEN is set without DARKTRACE_URL, and there is no such file; write one or name it "
                    + "with --config.file, or set DARKTRACE_URL, DARKTRACE_PUBLIC_TOKEN and DARKTRACE_PRIVATE_TOKEN for one appliance"
            ),
            (["DARKTRACE_URL": "dt.example"], "DARKTRACE_URL: is not a URL; write one like https://10.0.0.5"),
            (
                ["DARKTRACE_URL": "https://a/b"],
                "DARKTRACE_URL: must end after host and port; leave out path, query and fragment"
            ),
            (
                ["DARKTRACE_PUBLIC_TOKEN": nil],
                "DARKTRACE_PUBLIC_TOKEN: is not set; set it or DARKTRACE_PUBLIC_TOKEN_FILE next to DARKTRACE_URL"
            ),
            (
                ["DARKTRACE_PRIVATE_TOKEN": nil],
                "DARKTRACE_PRIVATE_TOKEN: is not set; set it or DARKTRACE_PRIVATE_TOKEN_FILE next to DARKTRACE_URL"
            ),
            (
                ["DARKTRACE_PRIVATE_TOKEN": "a\nb"],
                "DARKTRACE_PRIVATE_TOKEN: holds something other than a token; a token is visible ASCII without spaces"
            ),
            (
                ["DARKTRACE_PRIVATE_TOKEN_FILE": "FOLDER/token"],
                "DARKTRACE_PRIVATE_TOKEN_FILE: DARKTRACE_PRIVATE_TOKEN is set as well; keep one of the two"
            ),
            (
                ["DARKTRACE_PUBLIC_TOKEN_FILE": "FOLDER/token"],
                "DARKTRACE_PUBLIC_TOKEN_FILE: DARKTRACE_PUBLIC_TOKEN is set as well; keep one of the two"
            ),
            (
                ["DARKTRACE_PRIVATE_TOKEN": nil, "DARKTRACE_PRIVATE_TOKEN_FILE": "FOLDER/none"],
                "DARKTRACE_PRIVATE_TOKEN_FILE: \"none\": no such file"
            ),
            (["DARKTRACE_CA_FILE": "FOLDER/none"], "DARKTRACE_CA_FILE: \"none\": no such file"),
            (["DARKTRACE_CA_FILE": "FOLDER/token"], "DARKTRACE_CA_FILE: \"token\": holds no certificate in PEM form"),
        ] as [([String: String?], String)])
    func `a bad environment is refused in one line`(change: [String: String?], message: String) {
        let environment =
            change.isEmpty
            ? [:]
            : Self.whole.merging(change.compactMapValues(\.self)) { $1 }
                .filter { !(change.keys.contains($0.key) && change[$0.key] == .some(nil)) }
        #expect(complaint(environment) == message)
    }

    @Test func `the variable and a file together are refused, whichever way the file is chosen`() throws {
        let file = try folder.write("other.yml", file())
        let end = "as well; unset the variable or remove the file"
        #expect(
            complaint(Self.whole, ["--config.file", file]) == "DARKTRACE_URL: is set and --config.file is given \(end)")
        try folder.write("default.yml", ConfigurationTests.file())
        #expect(complaint(Self.whole) == "DARKTRACE_URL: is set and the file default.yml exists \(end)")
    }

    @Test func `tokens with a file are a warning`() throws {
        var environment = Self.whole
        environment["DARKTRACE_URL"] = nil
        let (_, warnings) = try folder.settings(file(), environment: environment)
        #expect(
            warnings == [
                "DARKTRACE_PUBLIC_TOKEN: is set but not used, since the configuration file names the appliances",
                "DARKTRACE_PRIVATE_TOKEN: is set but not used, since the configuration file names the appliances",
            ])
    }
}
