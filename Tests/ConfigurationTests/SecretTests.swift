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

    private static let keys = [
        "name", "url", "public_token", "public_token_file", "private_token", "private_token_file", "private_tokn",
        "date_format",
        "tls_config", "proxy_url", "poll_interval", "overlap", "requests_per_minute", "max_models", "%", "api%key",
    ]

    @Test(arguments: secrets)
    func `a token in a wrong place of the file is never repeated`(secret: String) throws {
        let keyed = Self.keys.flatMap { key in
            ["%", "[%]", "{%: %}", "https://%", "https://u:%@a/b", "\"% \\t\"", "./%", "%\n    \(key): %"].map {
                file(line: key == "name" ? 3 : 7, (key == "name" ? "  - " : "    ") + "\(key): \($0)")
            }
        }
        for text in Self.places + keyed {
            let bad = text.replacing("%", with: secret)
            guard let complaint = try folder.complaint(bad) else { continue }
            #expect(!complaint.contains(secret) && !complaint.contains("\n"), "\(bad)")
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

    @Test func `a token file is read anew each time`() throws {
        let source = SecretSource.file(try folder.write("token", "one\n"))
        #expect(try source.read().revealed == "one")
        try folder.write("token", "\ttwo \r\n\n")
        #expect(try source.read().revealed == "two")
        try FileManager.default.removeItem(atPath: "\(folder.path)/token")
        let error = #expect(throws: UnreadableSecret.self) { try source.read() }
        #expect(error?.description == "token file \"\(folder.path)/token\": no such file")
    }

    @Test func `a named pipe without a writer is refused at once`() throws {
        let pipe = "\(folder.path)/pipe"
        #expect(mkfifo(pipe, 0o600) == 0)
        let error = #expect(throws: UnreadableSecret.self) { try SecretSource.file(pipe).read() }
        #expect(error?.problem == "is not a regular file")
    }
}
