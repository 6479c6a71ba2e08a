import Configuration
import Testing

/// The appliances that `check` is asked for.
@Suite struct CheckFlagTests {
    private let folder: Folder

    init() throws { folder = try Folder() }

    private func load(_ arguments: String...) throws(ConfigurationErrors) -> ([String], CheckOptions) {
        let text = """
            appliances:
              - {name: hq, url: 'https://a', public_token: p, private_token: q}
              - {name: branch, url: 'https://b', public_token: p, private_token: q, enabled: false}
              - {name: lab, url: 'https://c', public_token: p, private_token: q}
            """
        guard let file = try? folder.write("x.yml", text),
            case .checkAppliances(let settings, let options, _) = try Settings.load(
                arguments: ["check", "--config.file", file] + arguments, environment: [:])
        else { return ([], CheckOptions()) }
        return (settings.appliances.map(\.name), options)
    }

    @Test func `all enabled appliances are checked, or those that are named`() throws {
        #expect(try load().0 == ["hq", "lab"])
        #expect(try load("lab", "branch").0 == ["branch", "lab"])
        let options = try load("--quiet", "lab", "--output=json").1
        #expect(options.isQuiet)
        #expect(options.output == .json)
        #expect(options.names == ["lab"])
    }

    @Test func `every name that is not configured is reported, with a suggestion`() {
        let error = #expect(throws: ConfigurationErrors.self) { _ = try load("hg", "nothing", "lab") }
        #expect(
            error?.description == """
                error: appliance "hg" is not configured
                error: appliance "nothing" is not configured
                """)
        let near = #expect(throws: ConfigurationErrors.self) { _ = try load("brunch") }
        #expect(near?.description == "error: appliance \"brunch\" is not configured; did you mean branch?")
    }

    @Test func `the flags belong to check alone`() {
        let error = #expect(throws: ConfigurationErrors.self) {
            try Settings.load(arguments: ["once", "--quiet"], environment: [:])
        }
        #expect(error?.description.contains("flag '--quiet' belongs to the command check") == true)
    }
}
