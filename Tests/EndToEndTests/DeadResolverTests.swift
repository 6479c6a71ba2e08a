import Foundation
import TestSupport
import Testing

/// A name server that never answers, in a mount namespace of its own with its own resolv.conf.
@Suite(.serialized) struct DeadResolverTests {
    @Test(.timeLimit(.minutes(5))) func `a dead resolver delays neither other appliances nor the shutdown`()
        async throws
    {
        let world = try SilentResolver.start()
        let simulator = try Simulator(world.workspace, rate: 500)
        var configuration = TestConfiguration(simulator, names: ["hq"])
        configuration.global["poll_timeout"] = "20s"
        configuration.appliances.append(
            .init(
                name: "lost", url: "https://appliance.example", publicToken: String(repeating: "5", count: 40),
                privateToken: String(repeating: "6", count: 40)))
        let (program, web) = try world.exporter(configuration)
        // The question is open until the poll gives up after 15 s.
        try await eventually("polls of the other appliance, every second", seen: { program.log }) {
            let scrape = try Scrape(HTTP.get("http://\(web)/metrics").text)
            return scrape.value("darktrace_polls_total", ["appliance": "hq"]) ?? 0 >= 3
                && scrape.value("darktrace_api_requests_total", ["appliance": "lost"]) == 1
                && scrape.value("darktrace_polls_total", ["appliance": "lost"]) == 0
        }
        #expect(try program.stop() < promptly)
        #expect(try program.exitStatus() == 0)
    }

    @Test(.timeLimit(.minutes(5))) func `a name that resolves at last is asked without a restart`() async throws {
        let world = try SilentResolver.start()
        let simulator = try Simulator(world.workspace, rate: 500)
        var configuration = TestConfiguration(simulator, names: ["hq"])
        let port = simulator.address.split(separator: ":").last ?? ""
        configuration.global["poll_timeout"] = "2s"
        configuration.caFile = nil
        configuration.appliances[0].url = "https://appliance.example:\(port)"
        configuration.appliances[0].lines = [
            "tls_config: {ca_file: \"\(simulator.caFile)\", server_name: localhost}"
        ]
        let (program, web) = try world.exporter(configuration)
        try await eventually("a failure to resolve", seen: { program.log }) {
            let scrape = try Scrape(HTTP.get("http://\(web)/metrics").text)
            return scrape.sum("darktrace_api_request_failures_total", ["reason": "resolve"]) > 0
                && scrape.value("darktrace_up") == 0
        }
        try world.name("127.0.0.1 appliance.example")
        try await eventually("the recovery", seen: { program.log }) {
            let scrape = try Scrape(HTTP.get("http://\(web)/metrics").text)
            return scrape.value("darktrace_up") == 1 && scrape.sum("darktrace_model_breaches_total") > 0
        }
    }
}

/// The name server, and what a program that must ask it sees instead of the machine's own files.
private final class SilentResolver {
    let workspace: TemporaryDirectory
    private let silence = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)

    private struct NeedsRoot: Error {}

    /// Begins to be silent; cancels the test where that is not allowed.
    static func start() throws -> SilentResolver {
        do {
            return try SilentResolver()
        } catch is NeedsRoot {
            try Test.cancel("needs root: port 53 and a mount namespace")
        }
    }

    private init() throws {
        workspace = try TemporaryDirectory()
        // A socket that takes the questions and never answers; only root may have port 53.
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(53).bigEndian
        address.sin_addr.s_addr = inet_addr("127.13.94.7")
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(silence, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        let result = try Command.run("unshare", ["-m", "true"])
        guard bound == 0, result.status == 0 else { throw NeedsRoot() }
        try workspace.write("resolv.conf", "nameserver 127.13.94.7\noptions timeout:30 attempts:3\n")
        try workspace.write("nsswitch.conf", "hosts: files dns\n")
        try name("127.0.0.1 localhost")
    }

    deinit { close(silence) }

    /// What the hosts file says from now on; written in place, since what is mounted is the file and not its name.
    func name(_ line: String) throws {
        let file = open(workspace.path("hosts"), O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        defer { close(file) }
        let bytes = Array((line + "\n").utf8)
        try #require(write(file, bytes, bytes.count) == bytes.count)
    }

    /// The exporter in a mount namespace of its own, and where it serves.
    func exporter(_ configuration: TestConfiguration) throws -> (RunningProgram, String) {
        let file = try workspace.write("darktrace-exporter.yml", configuration.text)
        let mounts = ["resolv.conf", "nsswitch.conf", "hosts"].map { "mount --bind \(workspace.path($0)) /etc/\($0)" }
        let program = try RunningProgram(
            "/usr/bin/unshare",
            [
                "-m", "sh", "-c", (mounts + ["exec \"$0\" \"$@\""]).joined(separator: " && "),
                Project.programs.appending(path: "darktrace-exporter").path, "--config.file=\(file)",
                "--state.path=\(workspace.path("state.db"))", "--web.listen-address=127.0.0.1:0",
            ], directory: workspace.url)
        return (program, String(try program.awaitLog(#/msg="Listening on" address=(127\S+)/#).output.1))
    }
}
