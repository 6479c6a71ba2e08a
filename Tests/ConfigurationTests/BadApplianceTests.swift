import Testing

/// What is wrong with one value of an appliance, in a file that is good apart from that line.
@Suite struct BadApplianceTests {
    private let folder: Folder

    init() throws {
        folder = try Folder()
        try folder.write("empty", " \n")
        try folder.write("two-lines", "abc\ndef")
        try folder.write("large", String(repeating: "x", count: 5_000))
        try folder.write("ca.pem", PEM.certificate)
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let line: Int
        let text: String
        let message: String
        var testDescription: String { text }

        init(_ line: Int, _ text: String, _ message: String) {
            self.line = line
            self.text = text
            self.message = message
        }
    }

    @Test(arguments: identity + urls + tokens + tuning + trust)
    func `a bad value is refused in one line that names file, line and key`(bad: Case) throws {
        let complaint = try folder.complaint(file(line: bad.line, bad.text))
        #expect(complaint == bad.message)
    }

    @Test func `the file without the bad line is good`() throws {
        #expect(try folder.complaint(file()) == nil)
    }

    static let identity = [
        Case(3, "  - name:", "x.yml:3: appliances[0].name: has no value; write a name or leave it out"),
        Case(3, "  - name: \"\"", "x.yml:3: appliances[0].name: has no value; write a name or leave it out"),
        Case(3, "  - name: [hq]", "x.yml:3: appliances[0].name: must be a name, not a list"),
        Case(3, "  - name: {a: b}", "x.yml:3: appliances[0].name: must be a name, not keys with values"),
        Case(3, "  - name: \" hq\"", "x.yml:3: appliances[0].name: must not begin or end with white space"),
        Case(3, "  - name: \"h\\tq\"", "x.yml:3: appliances[0].name: must not contain control or invisible characters"),
        Case(
            3, "  - name: \"h\\u202Eq\"",
            "x.yml:3: appliances[0].name: must not contain control or invisible characters"),
        Case(
            3, "  - name: \(String(repeating: "n", count: 254))",
            "x.yml:3: appliances[0].name: is longer than 253 bytes"),
        Case(3, "  - date_format: spaced", "x.yml:3: appliances[0]: has no name; set name"),
        Case(4, "    date_format: spaced", "x.yml:3: appliances[0]: has no url; set url"),
        Case(
            7, "    date_format: rfc3339",
            "x.yml:7: appliances[0].date_format: \"rfc3339\" is none of spaced, compact, iso8601"),
        Case(
            7, "    date-format: spaced", "x.yml:7: appliances[0].date-format: unknown key; did you mean date_format?"),
        Case(7, "    ca_file: ca.pem", "x.yml:7: appliances[0].ca_file: unexpected key; move it to tls_config"),
        Case(
            7, "    <<: {}",
            "x.yml:7: appliances[0].<<: unknown key; the keys here are name, url, public_token, "
                + "public_token_file, private_token, private_token_file, date_format, proxy_url, enabled, ui_url, "
                + "license_limits, tls_config, poll_interval, "
                + "status_interval, poll_timeout, overlap, initial_lookback, recheck_interval, recheck_window, requests_per_minute, "
                + "max_models, new_series_hold, feeds, labels"),
        Case(
            7, "  - {name: hq, url: https://a, public_token: p, private_token: q}",
            "x.yml:7: appliances[1].name: \"hq\" is also the name of appliances[0] (line 3); give each its own"),
    ]

    static let urls = [
        ("10.0.0.5", "is not a URL; write one like https://10.0.0.5"),
        ("ftp://10.0.0.5", "must begin with https://"),
        ("https://", "has no host"),
        ("https://:443", "has no host"),
        ("https://10.0.0.5/api", "must end after host and port; leave out path, query and fragment"),
        ("https://10.0.0.5?a=b", "must end after host and port; leave out path, query and fragment"),
        ("https://u:p@10.0.0.5", "must not contain a user or password; the tokens have their own keys"),
        ("https://10.0.0.5:0", "has a bad port; write one from 1 to 65535"),
        ("https://10.0.0.5:65536", "has a bad port; write one from 1 to 65535"),
        ("\"https://10.0.0.5:\"", "has a bad port; write one from 1 to 65535"),
        ("https://10.0.0.5:+80", "has a bad port; write one from 1 to 65535"),
        ("https://10.0.0.256", "has no valid IPv4 address"),
        ("https://10.0.5", "has no valid IPv4 address"),
        ("https://2001:db8::1", "has more than one colon after the host; an IPv6 address needs brackets"),
        ("https://[2001:db8::1", "has a [ without its ]"),
        ("https://[2001:db8:1]", "has no IPv6 address between its brackets"),
        ("https://[::1]x", "has something other than a port after its ]"),
        ("https://-a.example", "has no valid host name"),
        ("https://a..b", "has no valid host name"),
        ("https://münchen.example", "has a host that is not ASCII; write it as xn--…"),
        ("'https://a b'", "must not contain spaces, control characters or backslashes"),
        ("http://10.0.0.5", "is http, which is only for a loopback address; write https://"),
        ("http://localhost.example", "is http, which is only for a loopback address; write https://"),
    ].map { Case(4, "    url: \($0)", "x.yml:4: appliances[0].url: \($1)") }

    static let tokens = [
        Case(
            5, "    date_format: spaced",
            "x.yml:3: appliances[0]: has no public token; set public_token or public_token_file"),
        Case(
            6, "    date_format: spaced",
            "x.yml:3: appliances[0]: has no private token; set private_token or private_token_file"),
        Case(
            7, "    private_token_file: f",
            "x.yml:7: appliances[0].private_token_file: private_token is set as well; keep one of the two\n"
                + "x.yml:7: appliances[0].private_token_file: \"f\": no such file"),
        Case(6, "    private_token_file: none", "x.yml:6: appliances[0].private_token_file: \"none\": no such file"),
        Case(
            6, "    private_token_file: empty", "x.yml:6: appliances[0].private_token_file: \"empty\": holds no token"),
        Case(
            6, "    private_token_file: large",
            "x.yml:6: appliances[0].private_token_file: \"large\": is larger than 4096 bytes"),
        Case(
            6, "    private_token_file: /proc", "x.yml:6: appliances[0].private_token_file: \"/proc\": is a directory"),
        Case(
            6, "    private_token_file: two-lines",
            "x.yml:6: appliances[0].private_token_file: \"two-lines\": holds something other than a token; a token is visible ASCII without spaces"
        ),
        Case(6, "    private_token: \" \"", "x.yml:6: appliances[0].private_token: holds no token"),
        Case(
            6, "    private_token: \"a\\r\\nb\"",
            "x.yml:6: appliances[0].private_token: holds something other than a token; a token is visible ASCII without spaces"
        ),
        Case(
            5, "    public_token: \"…\"",
            "x.yml:5: appliances[0].public_token: holds something other than a token; a token is visible ASCII without spaces"
        ),
        Case(
            5, "    public_token: ~", "x.yml:5: appliances[0].public_token: has no value; write a token or leave it out"
        ),
    ]

    static let tuning = [
        Case(
            7, "    poll_interval: fast",
            "x.yml:7: appliances[0].poll_interval: \"fast\" is not a duration; write one like 90s, 15m or 1h30m"),
        Case(
            7, "    poll_interval: 60",
            "x.yml:7: appliances[0].poll_interval: \"60\" is not a duration; write one like 90s, 15m or 1h30m"),
        Case(
            7, "    poll_interval: 500ms",
            "x.yml:7: appliances[0].poll_interval: \"500ms\" is too short; the minimum is 1s"),
        Case(
            7, "    status_interval: 999ms",
            "x.yml:7: appliances[0].status_interval: \"999ms\" is too short; the minimum is 1s"),
        Case(
            7, "    status_interval: 25h",
            "x.yml:7: appliances[0].status_interval: \"25h\" is too long; the maximum is 1d"),
        Case(
            1, "global: {status_interval: never}",
            "x.yml:1: global.status_interval: \"never\" is not a duration; write one like 90s, 15m or 1h30m"),
        Case(
            1, "global: {status_interval: }",
            "x.yml:1: global.status_interval: has no value; write a duration or leave it out"),
        Case(
            7, "    poll_timeout: 11m", "x.yml:7: appliances[0].poll_timeout: \"11m\" is too long; the maximum is 10m"),
        Case(
            7, "    initial_lookback: 2y",
            "x.yml:7: appliances[0].initial_lookback: \"2y\" is too long; the maximum is 365d"),
        Case(7, "    overlap: [1h]", "x.yml:7: appliances[0].overlap: must be a duration, not a list"),
        Case(
            1, "global: {new_series_hold: -1s}",
            "x.yml:1: global.new_series_hold: \"-1s\" is not a duration; write one like 90s, 15m or 1h30m"),
        Case(
            7, "    requests_per_minute: 0",
            "x.yml:7: appliances[0].requests_per_minute: \"0\" is not a whole number from 1 to 6000"),
        Case(
            7, "    requests_per_minute: 1.5",
            "x.yml:7: appliances[0].requests_per_minute: \"1.5\" is not a whole number from 1 to 6000"),
        Case(
            7, "    requests_per_minute: 010",
            "x.yml:7: appliances[0].requests_per_minute: \"010\" is not a whole number from 1 to 6000"),
        Case(
            7, "    requests_per_minute: \"10\"",
            "x.yml:7: appliances[0].requests_per_minute: must be a whole number, without quotes"),
        Case(
            7, "    max_models: 99999999999999999999",
            "x.yml:7: appliances[0].max_models: <hidden text of 20 characters> is not a whole number from 1 to 100000"),
    ]

    static let trust = [
        Case(7, "    tls_config: on", "x.yml:7: appliances[0].tls_config: must be keys with values, like ca_file: …"),
        Case(
            7, "    tls_config: {ca_file: none.pem}",
            "x.yml:7: appliances[0].tls_config.ca_file: \"none.pem\": no such file"),
        Case(
            7, "    tls_config: {ca_file: two-lines}",
            "x.yml:7: appliances[0].tls_config.ca_file: \"two-lines\": holds no certificate in PEM form"),
        Case(
            7, "    tls_config: {cert_file: ca.pem}",
            "x.yml:7: appliances[0].tls_config.cert_file: needs key_file as well"),
        Case(
            7, "    tls_config: {key_file: ca.pem}",
            "x.yml:7: appliances[0].tls_config.key_file: needs cert_file as well\n"
                + "x.yml:7: appliances[0].tls_config.key_file: \"ca.pem\": holds no private key in PEM form"),
        Case(
            7, "    tls_config: {server_name: a/b}",
            "x.yml:7: appliances[0].tls_config.server_name: has no valid host name"),
        Case(
            7, "    tls_config: {fingerprint: \(String(repeating: "ab", count: 20))}",
            "x.yml:7: appliances[0].tls_config.fingerprint: is not the SHA-256 of a certificate: 64 hexadecimal digits"),
        Case(
            7, "    tls_config: {insecure_skip_verify: yes}",
            "x.yml:7: appliances[0].tls_config.insecure_skip_verify: \"yes\" must be true or false"),
        Case(
            7, "    tls_config: {min_version: TLS1.2}",
            "x.yml:7: appliances[0].tls_config.min_version: \"TLS1.2\" is none of TLS10, TLS11, TLS12, TLS13"),
        Case(
            7, "    tls_config: {cafile: ca.pem}",
            "x.yml:7: appliances[0].tls_config.cafile: unknown key; did you mean ca_file?"),
        Case(
            7, "    proxy_url: proxy:3128",
            "x.yml:7: appliances[0].proxy_url: is not a URL; write one like https://10.0.0.5"),
        Case(
            7, "    proxy_url: gopher://proxy",
            "x.yml:7: appliances[0].proxy_url: must begin with http://, https://, socks5:// or socks5h://"),
        Case(
            7, "    proxy_url: http://u:p@proxy/x",
            "x.yml:7: appliances[0].proxy_url: must end after host and port; leave out path, query and fragment"),
    ]
}
