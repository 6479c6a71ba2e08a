import Configuration
import Testing

/// One run reports everything that is wrong, in the order of the sources.
@Suite struct AllMistakesTests {
    private let folder: Folder

    init() throws { folder = try Folder() }

    private func mistakes(_ arguments: [String], _ environment: [String: String] = [:]) -> [String] {
        do {
            _ = try Settings.load(
                arguments: arguments, environment: environment, defaultFile: "\(folder.path)/default.yml")
            return []
        } catch { return error.errors.map { $0.description.replacing("\(folder.path)/", with: "") } }
    }

    @Test func `every mistake of a file is reported, by its lines`() throws {
        let text = """
            global:
              pol_interval: 60s
              poll_timeout: soon
              max_models: 0
            appliances:
              - name: hq
                url: ftp://10.0.0.5
                public_token: "a b"
                private_token_file: none
                tls_config: {ca_file: none.pem, min_version: TLS9, cert_file: client.pem}
                feeds: {status: {enabled: yes}, statu: {}}
              - nam: branch
                url: https://10.0.0.6
              - name: hq
                url: https://10.0.0.7
                public_token: p
                private_token: q
                name: again
            """
        #expect(
            try folder.complaint(text)?.split(separator: "\n")
                == [
                    "x.yml:2: global.pol_interval: unknown key; did you mean poll_interval?",
                    "x.yml:3: global.poll_timeout: \"soon\" is not a duration; write one like 90s, 15m or 1h30m",
                    "x.yml:4: global.max_models: \"0\" is not a whole number from 1 to 100000",
                    "x.yml:7: appliances[0].url: must begin with https://",
                    "x.yml:8: appliances[0].public_token: holds something other than a token; a token is visible ASCII "
                        + "without spaces",
                    "x.yml:10: appliances[0].tls_config.min_version: \"TLS9\" is none of TLS10, TLS11, TLS12, TLS13",
                    "x.yml:10: appliances[0].tls_config.cert_file: needs key_file as well",
                    "x.yml:11: appliances[0].feeds.statu: unknown key; did you mean status?",
                    "x.yml:11: appliances[0].feeds.status.enabled: \"yes\" must be true or false",
                    "x.yml:12: appliances[1].nam: unknown key; did you mean name?",
                    "x.yml:12: appliances[1]: has no public token; set public_token or public_token_file",
                    "x.yml:12: appliances[1]: has no private token; set private_token or private_token_file",
                    "x.yml:14: appliances[2].name: \"hq\" is also the name of appliances[0] (line 6); give each its own",
                    "x.yml:18: appliances[2].name: is written twice, first in line 14; remove one",
                ].map { Substring($0) })
    }

    @Test func `mistakes of flags, variables, both files and the files they name come together`() throws {
        let file = try folder.write("x.yml", file(line: 6, "    private_token_file: none"))
        let web = try folder.write("web.yml", "basic_auth_users: {alice: geheim}\nheaders: {}\n")
        #expect(
            mistakes(
                ["--nope", "x", "--log.level=loud", "--config.file", file, "--web.config.file", web, "--config.check"],
                ["DARKTRACE_EXPORTER_LOG_FORMAT": "xml"]) == [
                    "error: unknown long flag '--nope', try --help",
                    "error: flag '--log.level' must be one of debug, info, warn, error, try --help",
                    "DARKTRACE_EXPORTER_LOG_FORMAT: must be one of logfmt, json",
                    "x.yml:6: appliances[0].private_token_file: \"none\": no such file",
                    "web.yml:1: basic_auth_users.alice: must be a bcrypt hash like $2y$10$…; make one with htpasswd "
                        + "-nbBC 10 \"\" PASSWORD",
                    "web.yml:2: headers: unexpected key; move it to http_server_config",
                ])
    }

    @Test func `every mistake of the environment form is reported`() {
        #expect(
            mistakes(
                [],
                [
                    "DARKTRACE_URL": "dt.example", "DARKTRACE_POLL_INTERVAL": "fast", "DARKTRACE_KEY_FILE": "k",
                    "DARKTRACE_PRIVATE_TOKEN": "a b",
                ]) == [
                    "DARKTRACE_URL: is not a URL; write one like https://10.0.0.5",
                    "DARKTRACE_PRIVATE_TOKEN: holds something other than a token; a token is visible ASCII without "
                        + "spaces",
                    "DARKTRACE_POLL_INTERVAL: \"fast\" is not a duration; write one like 90s, 15m or 1h30m",
                    "DARKTRACE_PUBLIC_TOKEN: is not set; set it or DARKTRACE_PUBLIC_TOKEN_FILE next to DARKTRACE_URL",
                    "DARKTRACE_KEY_FILE: needs DARKTRACE_CERT_FILE as well",
                ])
    }

    @Test func `a list of mistakes ends, and says how many are not listed`() throws {
        let text = (0..<100).map { "unknown_\($0): 1" }.joined(separator: "\n")
        let lines = try #require(try folder.complaint(text)).split(separator: "\n")
        #expect(lines.count == 21)
        #expect(lines.last == "x.yml: 81 more mistakes are not listed; correct these first")
    }
}
