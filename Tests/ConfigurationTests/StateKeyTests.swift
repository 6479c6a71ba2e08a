import Configuration
import Testing

@Suite struct StateKeyTests {
    private let folder: Folder

    init() throws { folder = try Folder() }

    private static let appliances = """
        appliances:
          - {name: hq, url: https://hq.example.com, public_token: p, private_token: q}
        """

    private func load(_ state: String, _ arguments: [String] = []) throws -> Settings {
        let file = try folder.write("x.yml", "\(state)\n\(Self.appliances)\n")
        switch try Settings.load(arguments: ["--config.file=\(file)"] + arguments, environment: [:]) {
        case .run(let settings, _), .check(let settings, _, _), .state(_, let settings): return settings
        default:
            Issue.record("nothing that has settings")
            return Settings()
        }
    }

    private func postgres(_ state: String, _ arguments: [String] = []) throws -> Settings.Postgres {
        guard case .postgres(let postgres) = try load(state, arguments).state else {
            throw ConfigurationErrorMissing()
        }
        return postgres
    }

    private struct ConfigurationErrorMissing: Error {}

    @Test func `the state is a file of its own unless something else is configured`() throws {
        #expect(try load("").state == .standard)
        #expect(try load("state:").state == .standard)
        #expect(try load("state: {path: x.db}").state == .file("\(folder.path)/x.db"))
        #expect(try load("state: {path: /a/x.db}").state == .file("/a/x.db"))
        #expect(try load("state: {path: \":memory:\"}").state == .file(":memory:"))
    }

    @Test func `a state command takes no other state when that of the configuration cannot be read`() throws {
        let missing = #expect(throws: ConfigurationErrors.self) {
            try Settings.load(arguments: ["state", "list", "--config.file=\(folder.path)/none.yml"], environment: [:])
        }
        #expect("\(try #require(missing))".contains("none.yml"))
        for text in ["state: {postgres_uri: x}", "state: [a]", "state: {path: [x]}", "state: {"] {
            #expect(throws: ConfigurationErrors.self, "\(text)") { try load(text, ["state", "list"]) }
        }
        let elsewhere = "overlap: never\nnope: 1\nstate: {path: x.db}"
        #expect(try load(elsewhere, ["state", "list"]).state == .file("\(folder.path)/x.db"))
    }

    @Test func `what is not read could be polled, so that nothing is renamed or removed`() throws {
        try folder.write("bad.yml", "- {name: b")
        let file = try folder.write("y.yml", "appliance_files: [bad.yml]\n\(Self.appliances)\n")
        for command in [["forget", "b"], ["rename", "b", "c"]] {
            let errors = #expect(throws: ConfigurationErrors.self) {
                try Settings.load(arguments: ["state"] + command + ["--config.file=\(file)"], environment: [:])
            }
            #expect("\(try #require(errors))".contains("bad.yml"))
        }
    }

    @Test func `the flag takes precedence over the path`() throws {
        #expect(try load("state: {path: x.db}", ["--state.path=y.db"]).state == .file("y.db"))
    }

    @Test func `a database has a URL, or a file with one that is read when it is used`() throws {
        let inline = try postgres("state: {postgres_url: \"postgresql://u:sesame@db/x\"}")
        #expect(try inline.currentURL().revealed == "postgresql://u:sesame@db/x")
        #expect(inline.lease == 30 && inline.replica == nil)
        #expect(!"\(inline)".contains("sesame"))

        try folder.write("url", "postgresql://u:one@db/x\n")
        let file = try postgres("state: {postgres_url_file: url, lease: 1m, replica: exporter-1}")
        #expect(try file.currentURL().revealed == "postgresql://u:one@db/x")
        try folder.write("url", "postgresql://u:two@db/x\n")
        #expect(try file.currentURL().revealed == "postgresql://u:two@db/x")
        #expect(file.lease == 60 && file.replica == "exporter-1")
    }

    @Test(arguments: [
        ("state: {postgres_url: \"postgresql://u:sesame@db/x\", path: x.db}", "keep one of"),
        ("state: {postgres_url: \"postgresql://u:sesame@db/x\", postgres_url_file: y}", "keep one of"),
        ("state: {postgres_url: \"host=db password=sesame\"}", "one URI without spaces"),
        ("state: {postgres_url: \"sesame\"}", "must begin with postgresql://"),
        ("state: {postgres_uri: \"postgresql://u:sesame@db/x\"}", "did you mean postgres_url?"),
        ("postgres_url: \"postgresql://u:sesame@db/x\"", "move it to state"),
        ("state: {path: x.db, lease: 30s}", "belongs to a PostgreSQL database"),
        ("state: {path: x.db, replica: one}", "belongs to a PostgreSQL database"),
        ("state: {postgres_url_file: y, replica: \" one\"}", "must not begin or end with white space"),
        ("state: {postgres_url_file: y, replica: \"o\\u0007ne\"}", "control or invisible characters"),
        ("state: {postgres_url_file: y, replica: \(String(repeating: "x", count: 254))}", "longer than 253 bytes"),
        ("state: {postgres_url_file: y, replica: }", "has no value"),
        ("state: {postgres_url_file: y, lease: 1s}", "too short"),
        ("state: {postgres_url_file: y, lease: 1h}", "too long"),
        ("state: [a]", "must be keys with values"),
    ])
    func `mistakes are named without the secret`(_ state: String, message: String) throws {
        let errors = #expect(throws: ConfigurationErrors.self) { try load(state) }
        let text = (errors?.errors ?? []).map { "\($0)" }.joined(separator: "\n")
        #expect(text.contains(message), "\(text)")
        #expect(!text.contains("sesame"), "\(text)")
    }

    @Test func `a database and the flag contradict each other`() throws {
        let errors = #expect(throws: ConfigurationErrors.self) {
            try load("state: {postgres_url_file: url}", ["--state.path=x.db"])
        }
        #expect(errors?.errors.map { "\($0)" }.first?.contains("--state.path names a file") == true)
    }

    @Test func `a check reads the file with the URL, a start does so when it connects`() throws {
        _ = try postgres("state: {postgres_url_file: missing}")
        let errors = #expect(throws: ConfigurationErrors.self) {
            try load("state: {postgres_url_file: missing}", ["--config.check"])
        }
        #expect(errors?.errors.map { "\($0)" }.first?.contains("no such file") == true)
        _ = try load("state: {postgres_url_file: missing}", ["--config.check-syntax"])
    }

    @Test func `a file that everyone may read is warned about when it holds the URL`() throws {
        let file = try folder.write(
            "x.yml",
            "state: {postgres_url: \"postgresql://u:sesame@db/x\"}\n"
                + Self.appliances.replacing("public_token: p", with: "public_token_file: p")
                .replacing("private_token: q", with: "private_token_file: q") + "\n", mode: 0o644)
        guard case .run(_, let warnings) = try Settings.load(arguments: ["--config.file=\(file)"], environment: [:])
        else {
            Issue.record("not a run")
            return
        }
        #expect(warnings.contains { "\($0)".contains("chmod it to 600") })
    }

    @Test func `a command that looks at the state finds it in the configuration`() throws {
        #expect(try load("state: {path: x.db}", ["state", "list"]).state == .file("\(folder.path)/x.db"))
        #expect(try load("state: {path: x.db}\nnonsense: 1", ["state", "list"]).state == .file("\(folder.path)/x.db"))
        #expect(try load("state: {path: x.db}", ["state", "list", "--state.path=y.db"]).state == .file("y.db"))
    }

    @Test func `a reload does not move the state`() throws {
        let settings = try load("state: {path: x.db}")
        try folder.write("x.yml", "state: {path: y.db}\n\(Self.appliances)\n")
        #expect(try settings.reloaded(environment: [:]).settings.state == .file("\(folder.path)/x.db"))
    }
}
