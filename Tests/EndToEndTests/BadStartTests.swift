import Foundation
import TestSupport
import Testing

/// A start that cannot work ends at once, with status 1 and one line that says where and what.
@Suite struct BadStartTests {
    private static let good = "    url: https://192.0.2.1\n    public_token: aaaa\n    private_token: bbbb\n"

    /// The file, and what its one line of error must name.
    static let files: [(text: String, names: [String])] = [
        ("", ["darktrace-exporter.yml"]),
        ("# nothing\n", ["darktrace-exporter.yml"]),
        ("appliances: []\n", [":1", "appliances"]),
        ("appliances: none\n", [":1", "appliances"]),
        ("appliances:\n  - name: hq\n\(good)colour: blue\n", [":6", "colour"]),
        ("appliances:\n  - name: hq\n\(good)    color: blue\n", [":6", "color"]),
        ("appliances:\n  - name: hq\n    name: two\n\(good)", [":3", "name"]),
        ("appliances:\n  - name: hq\n\(good)  - name: hq\n\(good)", [":6", "hq"]),
        ("appliances:\n  - name: ''\n\(good)", [":2", "name"]),
        ("appliances:\n  - name: [a]\n\(good)", [":2", "name"]),
        ("appliances:\n  - url: https://192.0.2.1\n    public_token: a\n    private_token: b\n", [":2", "name"]),
        ("appliances:\n  - name: hq\n    public_token: a\n    private_token: b\n", ["url"]),
        (
            "appliances:\n  - name: hq\n    url: https://192.0.2.1/api\n    public_token: a\n    private_token: b\n",
            [":3", "url"]
        ),
        (
            "appliances:\n  - name: hq\n    url: https://192.0.2.1:99999\n    public_token: a\n    private_token: b\n",
            [":3", "url"]
        ),
        (
            "appliances:\n  - name: hq\n    url: http://192.0.2.1\n    public_token: a\n    private_token: b\n",
            [":3", "url"]
        ),
        (
            "appliances:\n  - name: hq\n    url: ftp://192.0.2.1\n    public_token: a\n    private_token: b\n",
            [":3", "url"]
        ),
        (
            "appliances:\n  - name: hq\n    url: https://u:p@192.0.2.1\n    public_token: a\n    private_token: b\n",
            [":3", "url"]
        ),
        ("appliances:\n  - name: hq\n    url: https://192.0.2.1\n    public_token: a\n", ["private_token"]),
        ("appliances:\n  - name: hq\n    url: https://192.0.2.1\n    private_token: a\n", ["public_token"]),
        ("appliances:\n  - name: hq\n\(good)    private_token_file: /nothing\n", ["private_token"]),
        ("appliances:\n  - name: hq\n\(good)    tls_config: {cert_file: /nothing.pem}\n", [":6", "tls_config"]),
        ("appliances:\n  - name: hq\n\(good)    tls_config: {min_version: TLS99}\n", [":6", "min_version"]),
        (
            "appliances:\n  - name: hq\n\(good)    tls_config: {insecure_skip_verify: maybe}\n",
            [":6", "insecure_skip_verify"]
        ),
        ("appliances:\n  - name: hq\n\(good)    proxy_url: gopher://192.0.2.9\n", [":6", "proxy_url"]),
        ("appliances:\n  - name: hq\n\(good)    date_format: american\n", [":6", "date_format"]),
        ("global: {poll_interval: fast}\nappliances:\n  - name: hq\n\(good)", [":1", "poll_interval"]),
        ("global: {poll_interval: 60}\nappliances:\n  - name: hq\n\(good)", [":1", "poll_interval"]),
        ("global: {poll_interval: 0s}\nappliances:\n  - name: hq\n\(good)", [":1", "poll_interval"]),
        ("global: {requests_per_minute: many}\nappliances:\n  - name: hq\n\(good)", [":1", "requests_per_minute"]),
        ("global: {requests_per_minute: 0}\nappliances:\n  - name: hq\n\(good)", [":1", "requests_per_minute"]),
        ("global: {max_models: -1}\nappliances:\n  - name: hq\n\(good)", [":1", "max_models"]),
        ("global: {url: https://192.0.2.1}\nappliances:\n  - name: hq\n\(good)", [":1", "url"]),
        ("global: 5\nappliances:\n  - name: hq\n\(good)", [":1", "global"]),
        ("appliances:\n\t- name: hq\n", [":2"]),
        ("appliances: [{name: hq\n", ["darktrace-exporter.yml"]),
        ("a: *x\n", [":1"]),
        ("---\nappliances: []\n---\nappliances: []\n", ["darktrace-exporter.yml"]),
        ("\u{0}\u{1}\u{2}binary", ["darktrace-exporter.yml"]),
    ]

    @Test(arguments: files) func `a bad file is refused in one line that names the place`(
        text: String, names: [String]
    ) throws {
        let workspace = try TemporaryDirectory()
        let file = try workspace.write("darktrace-exporter.yml", text)
        try expectRefusal(["--config.file=\(file)"], in: workspace, names: names)
    }

    /// A file of an appliance fails its polls, not the start; a check reports it.
    @Test(
        arguments: [
            (
                "    public_token: a\n    private_token_file: /nothing\n",
                [":5", "private_token_file", "/nothing", "no such file"]
            ),
            (
                "    public_token: a\n    private_token: b\n    tls_config: {ca_file: /nothing.pem}\n",
                [":6", "ca_file", "/nothing.pem", "no such file"]
            ),
        ] as [(String, [String])])
    func `a check names a missing file of an appliance`(text: String, names: [String]) throws {
        let workspace = try TemporaryDirectory()
        let file = try workspace.write(
            "darktrace-exporter.yml", "appliances:\n  - name: hq\n    url: https://192.0.2.1\n\(text)")
        try expectRefusal(["--config.file=\(file)", "--config.check"], in: workspace, names: names)
    }

    @Test func `every mistake is reported in one run`() throws {
        let workspace = try TemporaryDirectory()
        let file = try workspace.write(
            "darktrace-exporter.yml",
            "global: {pol_interval: 1s, poll_timeout: soon}\nappliances:\n  - name: hq\n    url: ftp://192.0.2.1\n"
                + "    public_token: a\n    private_token: b\n")
        let program = try RunningProgram(
            "darktrace-exporter", ["--config.file=\(file)", "--log.level=loud"], directory: workspace.url)
        #expect(try program.exitStatus() == 1)
        let lines = program.log.split(separator: "\n")
        #expect(lines.count == 4, "\(program.log)")
        #expect(lines.allSatisfy { $0.hasPrefix("darktrace-exporter: ") })
        for name in ["log.level", "pol_interval", "poll_timeout", ".url"] { #expect(program.log.contains(name)) }
    }

    /// The arguments, and what the one line must name.
    static let flags: [(arguments: [String], names: [String])] = [
        (["--nope"], ["--nope", "--help"]),
        (["--log.level=loud"], ["log.level", "debug, info"]),
        (["--web.listen-address=127.0.0.1:99999"], ["web.listen-address"]),
        (["--web.telemetry-path=metrics"], ["web.telemetry-path"]),
        (["--web.max-requests=-1"], ["web.max-requests"]),
        (["--config.file=/nothing.yml"], ["/nothing.yml"]),
        (["backfill"], ["backfill", "--start"]),
        (["backfill", "--start=soon"], ["--start", "2026-01-31T00:00:00Z"]),
        (["--start=0"], ["--start", "backfill"]),
    ]

    @Test(arguments: flags) func `a bad flag is refused in one line that names it`(
        arguments: [String], names: [String]
    ) throws {
        // Every mistake is reported, so the configuration must have none.
        let workspace = try TemporaryDirectory()
        let token = String(repeating: "0f", count: 20)
        _ = try workspace.write(
            "darktrace-exporter.yml",
            "appliances:\n  - name: hq\n    url: https://192.0.2.1\n    public_token: \"\(token)\"\n"
                + "    private_token: \"\(token)\"\n")
        try expectRefusal(arguments, in: workspace, names: names)
    }

    @Test func `an address in use is named`() throws {
        let workspace = try TemporaryDirectory()
        let simulator = try Simulator(workspace, rate: 10)
        let file = try workspace.write("darktrace-exporter.yml", TestConfiguration(simulator).text)
        try expectRefusal(
            [
                "--config.file=\(file)", "--web.listen-address=\(simulator.address)",
                "--state.path=\(workspace.path("state.db"))", "--log.level=error",
            ], in: workspace, names: [simulator.address, "in use"])
    }

    @Test func `a state file that is none is named and kept`() throws {
        let workspace = try TemporaryDirectory()
        let simulator = try Simulator(workspace, rate: 10)
        let file = try workspace.write("darktrace-exporter.yml", TestConfiguration(simulator).text)
        let state = try workspace.write("state.db", "this is my shopping list, not a database")
        try expectRefusal(
            ["--config.file=\(file)", "--state.path=\(state)", "--log.level=error"], in: workspace, names: [state])
        #expect(try String(contentsOfFile: state, encoding: .utf8) == "this is my shopping list, not a database")
    }
}
