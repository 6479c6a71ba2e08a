import Foundation
import Testing

/// A name server that never answers, in a mount namespace of its own with its own resolv.conf.
@Suite struct DeadResolverTests {
    @Test(.timeLimit(.minutes(1))) func `a resolver that never answers holds nobody else up, nor the end`() async throws
    {
        let workspace = try Workspace()
        // A socket that takes the questions and never answers; only root may have port 53.
        let silence = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        defer { close(silence) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(53).bigEndian
        address.sin_addr.s_addr = inet_addr("127.13.94.7")
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(silence, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        let (unshares, _, _) = try Command.run("unshare", ["-m", "true"])
        guard bound == 0, unshares == 0 else {
            try Test.cancel("needs root: port 53 and a mount namespace")
        }
        let resolver = try workspace.write("resolv.conf", "nameserver 127.13.94.7\noptions timeout:20 attempts:3\n")
        let hosts = try workspace.write("nsswitch.conf", "hosts: files dns\n")
        let simulator = try Simulator(workspace, rate: 500)
        var configuration = TestConfiguration(simulator, names: ["hq"])
        configuration.global["poll_timeout"] = "20s"
        configuration.appliances.append(
            .init(
                name: "lost", url: "https://appliance.example", publicToken: String(repeating: "5", count: 40),
                privateToken: String(repeating: "6", count: 40)))
        let file = try workspace.write("darktrace-exporter.yml", configuration.text)
        let program = try RunningProgram(
            "/usr/bin/unshare",
            [
                "-m", "sh", "-c",
                "mount --bind \(resolver) /etc/resolv.conf && mount --bind \(hosts) /etc/nsswitch.conf && exec \"$0\" \"$@\"",
                RunningProgram.binaries.appending(path: "darktrace-exporter").path, "--config.file=\(file)",
                "--state.path=\(workspace.path("state.db"))", "--web.listen-address=127.0.0.1:0",
            ], folder: workspace.folder)
        let web = String(try program.awaitLog(#/msg="Listening on" address=(127\S+)/#).output.1)
        try await eventually("polls of the other appliance, every second", seen: { program.log }) {
            let scrape = try Scrape(HTTP.get("http://\(web)/metrics").text)
            return scrape.value("darktrace_polls_total", ["appliance": "hq"]) ?? 0 >= 5
                && scrape.value("darktrace_api_requests_total", ["appliance": "lost"]) == 1
        }
        let scrape = try Scrape(HTTP.get("http://\(web)/metrics").text)
        #expect(scrape.value("darktrace_polls_total", ["appliance": "lost"]) == 0, "the question is still open")
        #expect(try program.stop() < 0.5)
        #expect(try program.exitStatus() == 0)
    }
}
