import Configuration
import Testing

@Suite struct ReloadTests {
    @Test func `a reload reads the file again and keeps the flags`() throws {
        let folder = try Folder()
        let path = try folder.write("x.yml", file())
        let launch = try Settings.load(
            arguments: ["--config.file", path, "--log.level=debug", "--web.listen-address=:1"], environment: [:])
        guard case .run(let before, _) = launch else {
            Issue.record("not a run")
            return
        }
        try folder.write("x.yml", file(line: 7, "    max_models: 5"))
        var expected = before
        expected.appliances[0].maxModels = 5
        #expect(try before.reloaded(environment: [:]).settings == expected)

        try folder.write("x.yml", file(line: 7, "    max_models: 0"))
        let error = #expect(throws: ConfigurationErrors.self) { try before.reloaded(environment: [:]) }
        #expect(
            error?.description
                == "\(path):7: appliances[0].max_models: \"0\" is not a whole number from 1 to 100000")
    }
}
