import Configuration
import Exporter
import Foundation
import HTTPServer
import Testing

/// `/sd`: one target for each appliance.
@Suite struct ServiceDiscoveryTests {
    private struct Target: Decodable, Equatable {
        let targets: [String]
        let labels: [String: String]
    }

    private func response(
        _ web: Settings.Web = Settings.Web(), usesTLS: Bool = false, hosts: [String] = ["10.0.0.9:13947"],
        labels: [String: String] = ["customer": "acme \"&\"\n", "site": "é"]
    ) -> Response {
        var appliance = Settings.Appliance(
            name: "hq & co", url: BaseURL(isSecure: true, host: "dt.example", port: 443),
            publicToken: .inline(Secret("secret-a")), privateToken: .inline(Secret("secret-b")))
        appliance.presentation.labels = labels
        let appliances = [appliance]
        let discovery = ServiceDiscovery(web, usesTLS: usesTLS) { appliances }
        return discovery.response(
            to: Request(method: "GET", target: "/sd", fields: hosts.map { (name: "Host", value: $0) }))
    }

    private func targets(_ response: Response) throws -> [Target] {
        guard case .buffers(let pieces) = response.body else { return [] }
        let bytes = pieces.flatMap { Array($0.bytes) }
        #expect(!String(decoding: bytes, as: UTF8.self).contains("secret"))
        return try JSONDecoder().decode([Target].self, from: Data(bytes))
    }

    @Test func `a target has the address of the request, the name as a parameter, and the labels`() throws {
        let response = response()
        #expect(response.headers.first { $0.name == "Content-Type" }?.value == "application/json")
        #expect(
            try targets(response) == [
                Target(
                    targets: ["10.0.0.9:13947"],
                    labels: [
                        "customer": "acme \"&\"\n", "site": "é", "__scheme__": "http", "__metrics_path__": "/metrics",
                        "__param_appliance": "hq & co", "instance": "hq & co",
                    ])
            ])
    }

    @Test func `the external address wins, with its scheme and path`() throws {
        var web = Settings.Web()
        web.externalURL = try WebURL(parsing: "https://dt.example/darktrace")
        web.givenRoutePrefix = ""
        web.telemetryPath = "/m"
        let target = try targets(response(web, hosts: [])).first
        #expect(target?.targets == ["dt.example"])
        #expect(target?.labels["__scheme__"] == "https")
        #expect(target?.labels["__metrics_path__"] == "/darktrace/m")
    }

    @Test func `without an external address the scheme is that of the listener, the path has the prefix`() throws {
        var web = Settings.Web()
        web.givenRoutePrefix = "/x"
        let target = try targets(response(web, usesTLS: true, hosts: ["[2001:DB8::1]"])).first
        #expect(target?.targets == ["[2001:db8::1]"])
        #expect(target?.labels["__scheme__"] == "https")
        #expect(target?.labels["__metrics_path__"] == "/x/metrics")
    }

    @Test(arguments: [
        [], [""], ["a", "b"], ["a b"], ["a/b"], ["user@a"], ["a:0"], ["a:x"], ["<b>"], ["a\"]"], ["[::1"], ["a?b"],
        ["a#b"],
    ]) func `a request whose host is missing or invalid is refused`(hosts: [String]) {
        #expect(response(hosts: hosts).status == 400)
    }
}
