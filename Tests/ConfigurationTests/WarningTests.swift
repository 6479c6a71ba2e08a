import Configuration
import Testing

@Suite struct WarningTests {
    private let folder: Folder

    init() throws {
        folder = try Folder()
        try folder.write("open", "priv", mode: 0o644)
        try folder.write("closed", "priv", mode: 0o640)
    }

    @Test(
        arguments: [
            (7, "", []),
            (
                7, "    poll_interval: 30s",
                ["poll_timeout (30s) is not below poll_interval (30s); one slow response delays the next poll"]
            ),
            (
                7, "    overlap: 179s",
                [
                    "overlap (2m59s) is below three times poll_interval (1m); records that the appliance lists late wait for the recheck"
                ]
            ),
            (7, "    overlap: 180s", []),
            (
                1, "global: {requests_per_minute: 1, poll_interval: 59s}",
                ["requests_per_minute (1) is too low for a poll every 59s; polls will be late"]
            ),
            (
                7, "    recheck_window: 15m",
                [
                    "recheck_window (15m) is not above overlap (15m); the recheck finds nothing new",
                    "recheck_interval (1h) is above recheck_window (15m); late records in between are missed",
                ]
            ),
            (
                7, "    tls_config: {insecure_skip_verify: true}",
                [
                    "insecure_skip_verify is on; anyone on the network path can read and change the responses"
                ]
            ),
            (
                7,
                "    tls_config: {insecure_skip_verify: true, fingerprint: \(String(repeating: "ab", count: 32))}",
                [
                    "fingerprint alone decides which certificate is accepted;"
                        + " ca_file and insecure_skip_verify have no effect"
                ]
            ),
            (
                6, "    private_token_file: open",
                ["every user of this machine may read the token file \"open\"; chmod it to 600"]
            ),
            (6, "    private_token_file: closed", []),
        ] as [(Int, String, [String])])
    func `what is odd is a warning with its place`(line: Int, text: String, warnings: [String]) throws {
        let (_, found) = try folder.settings(file(line: line, text))
        let place = text.contains("_file") ? "x.yml:6: appliances[0].private_token_file" : "x.yml:3: appliances[0]"
        #expect(found == warnings.map { "\(place): \($0)" })
    }

    @Test func `an inline private token in an open file is one warning`() throws {
        let file = try folder.write("open.yml", file(), mode: 0o644)
        guard case .run(_, let warnings) = try Settings.load(arguments: ["--config.file", file], environment: [:])
        else {
            Issue.record("not a run")
            return
        }
        #expect(
            warnings.map(\.description) == [
                "\(file):3: appliances[0]: the file holds a secret and every user of this machine may read it; chmod it to 600"
            ])
    }

    @Test func `TLS settings of a plain connection are a warning`() throws {
        let text = file(
            line: 4, "    url: http://localhost:80\n    tls_config: {insecure_skip_verify: false, server_name: a}")
        #expect(
            try folder.settings(text).warnings == ["x.yml:3: appliances[0]: tls_config has no effect on an http url"])
    }
}
