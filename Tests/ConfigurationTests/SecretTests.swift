import Configuration
import Foundation
import Testing

@Suite struct SecretTests {
    private let folder: Folder

    init() throws { folder = try Folder() }

    static let secrets = [
        "0123456789abcdef0123456789abcdef01234567", "550e8400-e29b-41d4-a716-446655440000",
        "c2VjcmV0IHRva2VuIG9mIGEga2V5/Zm9y+YQ==",
    ]

    /// Every key of the file, and places where no key is.
    static let places = [
        "%", "%: 1", "- %", "global: %", "global: {%: 1s}", "appliances: %", "appliances: [%]", "? [%]\n: 1", "a: &% b",
        "a: !% b", "a: *%", "%%YAML %", "{% ", "'%", "%: 1\n%: 2",
    ]

    /// Each key with the line of the good file that it takes, so that nothing else is wrong with the file.
    private static let keys = [
        ("name", 3), ("url", 4), ("public_token", 5), ("public_token_file", 5), ("private_token", 6),
        ("private_token_file", 6), ("private_tokn", 6), ("date_format", 7), ("tls_config", 7),
        ("tls_config: {ca_file", 7),
        ("tls_config: {server_name", 7), ("tls_config: {min_version", 7), ("tls_config: {insecure_skip_verify", 7),
        ("proxy_url", 7), ("poll_interval", 7), ("requests_per_minute", 7), ("%", 7), ("api%key", 7),
    ]

    private static let values = [
        "%", "[%]", "{%: %}", "https://%", "https://u:%@a/b", "\"% \\t\"", "./%", "/etc/%", "%\n    overlap: %",
    ]

    @Test(arguments: secrets)
    func `a token in a wrong place of the file is never repeated`(secret: String) throws {
        let keyed = Self.keys.flatMap { key, line in
            Self.values.map { value in
                let start = line == 3 ? "  - " : "    "
                return file(line: line, "\(start)\(key): \(value)\(key.contains("{") ? "}" : "")")
            }
        }
        for text in Self.places + keyed {
            let bad = text.replacing("%", with: secret)
            guard let complaint = try folder.complaint(bad) else { continue }
            #expect(!complaint.contains(secret), "\(bad)")
            #expect(complaint.split(separator: "\n").allSatisfy { $0.hasPrefix("x.yml:") || $0.hasPrefix("x.yml: ") })
        }
    }

    @Test(arguments: secrets)
    func `a token on the command line is never repeated`(secret: String) {
        for text in [
            "%", "--%", "-%", "--%=%", "--log.level=%", "--web.listen-address=%", "--web.max-requests=%",
            "--web.telemetry-path=%", "--config.file=%", "--config.check=%", "--no-%",
        ] {
            do {
                _ = try Settings.load(arguments: [text.replacing("%", with: secret)], environment: [:])
                Issue.record("\(text) should be refused")
            } catch { #expect(!error.description.contains(secret)) }
        }
    }

    @Test(arguments: ["hunter2!", "swordfish"])
    func `a password that is known from one place is not repeated from another`(password: String) throws {
        for bad in [
            "poll_interval", "max_models", "date_format", "public_token_file", "private_token_file", "\(password)",
        ] {
            let token = file(line: 6, "    private_token: \(password)\n    \(bad): \"\(password)\"")
            let proxy = file(line: 7, "    \(bad): \"\(password)\"\n    proxy_url: http://user:\(password)@a")
            for text in [token, proxy] {
                let complaint = try #require(try folder.complaint(text))
                #expect(!complaint.contains(password))
            }
        }
        let environment = ["DARKTRACE_PRIVATE_TOKEN": password]
        let complaint = try #require(
            try folder.complaint(file(line: 7, "    overlap: \(password)"), environment: environment))
        #expect(!complaint.contains(password))
    }

    @Test func `settings print no secret`() throws {
        let text = file(line: 7, "    proxy_url: http://user:swordfish@a").replacing(
            "priv", with: "hunter2", maxReplacements: 2)
        let (settings, _) = try folder.settings(text.replacing("hunter2ate_token", with: "private_token"))
        var dumped = ""
        dump(settings, to: &dumped)
        for text in ["\(settings)", String(reflecting: settings), dumped] {
            #expect(!text.contains("swordfish") && !text.contains("hunter2"))
        }
        #expect(settings.appliances.first?.privateToken == .inline(Secret("hunter2")))
    }

    @Test func `a token file is read each time`() throws {
        let source = SecretSource.file(try folder.write("token", "one\n"))
        #expect(try source.read().revealed == "one")
        try folder.write("token", "\ttwo \r\n\n")
        #expect(try source.read().revealed == "two")
        try FileManager.default.removeItem(atPath: "\(folder.path)/token")
        let error = #expect(throws: SecretReadError.self) { try source.read() }
        #expect(error?.description == "token file \"\(folder.path)/token\": no such file")
    }

    @Test func `a named pipe without a writer is refused at once`() throws {
        let pipe = "\(folder.path)/pipe"
        #expect(mkfifo(pipe, 0o600) == 0)
        let error = #expect(throws: SecretReadError.self) { try SecretSource.file(pipe).read() }
        #expect(error?.problem == "is not a regular file")
    }
}
