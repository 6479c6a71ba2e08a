import Collector
import Foundation
import TestSupport

/// A running darktrace-exporter.
final class Exporter: Sendable {
    let program: RunningProgram
    let address: String

    /// Starts it with a configuration file in the workspace, or without one when `configuration` is nil; its state is
    /// in the workspace too, or on a disk of its own, or where the configuration says when `state` is nil.
    init(
        _ workspace: TemporaryDirectory, _ configuration: String?, arguments: [String] = [],
        state: String? = "state.db",
        environment: [String: String] = [:], on disk: PrivateDisk? = nil
    ) throws {
        var all = ["--web.listen-address=127.0.0.1:0"] + arguments
        if let state {
            all.append("--state.path=\(disk.map { "\($0.folder)/\(state)" } ?? workspace.path(state))")
        }
        if let configuration {
            all.append("--config.file=\(try workspace.write("darktrace-exporter.yml", configuration))")
        }
        let command = disk?.command("darktrace-exporter") ?? ["darktrace-exporter"]
        program = try RunningProgram(
            command[0], command.dropFirst() + all, environment: environment, directory: workspace.url)
        address = String(try program.awaitLog(#/msg="Listening on" address=(127\S+)/#).output.1)
    }

    func get(_ path: String, headers: [String] = []) throws -> HTTP.Response {
        try HTTP.get("http://\(address)\(path)", headers: headers)
    }

    func scrape() throws -> Scrape { try Scrape(get("/metrics").text) }

    /// Awaits a scrape for which `condition` holds, and returns it.
    @discardableResult func awaitScrape(
        _ what: String, seconds: Double = 60, _ condition: (Scrape) throws -> Bool
    ) async throws -> Scrape {
        var last: Scrape?
        try await eventually(
            what, seconds: seconds, seen: { [program] in String(program.log.suffix(3_000)) }
        ) {
            let scrape = try self.scrape()
            last = scrape
            return try condition(scrape)
        }
        guard let last else { throw WaitTimeout(what: what, seen: program.log) }
        return last
    }
}

/// The text of a configuration file for simulated appliances, quick enough for a test.
struct TestConfiguration {
    struct Appliance {
        var name: String
        var url: String
        var publicToken: String
        var privateToken: String
        var lines: [String] = []
    }

    var global = [
        "poll_interval": "1s", "poll_timeout": "5s", "requests_per_minute": "6000", "initial_lookback": "1d",
        "overlap": "5m", "new_series_hold": "0s", "recheck_interval": "5s", "recheck_window": "10m",
        // Model breaches alone, unless a test is about other feeds.
        "status_interval": "0s", "feeds": Self.withoutFeeds,
    ]
    private static let withoutFeeds = feeds([:])

    /// The setting `feeds` with these intervals; the other feeds that are on by default are off.
    static func feeds(_ intervals: [String: String]) -> String {
        var feeds = intervals.mapValues { "{interval: \($0)}" }
        for name in Feeds.all.map(\.name) where !["modelbreaches", "status"].contains(name) && feeds[name] == nil {
            feeds[name] = "{enabled: false}"
        }
        return "{\(feeds.sorted { $0.key < $1.key }.map { "\($0): \($1)" }.joined(separator: ", "))}"
    }
    var appliances: [Appliance] = []
    var caFile: String?
    /// A line at the top level.
    var head: String?

    /// The two default appliances of a simulator.
    init(_ simulator: Simulator, names: [String] = ["hq", "branch"]) {
        caFile = simulator.caFile
        appliances = names.compactMap { name in
            Simulator.tokens[name].map {
                Appliance(
                    name: name, url: "https://\(simulator.address)", publicToken: $0.0, privateToken: $0.1)
            }
        }
    }

    var text: String {
        var lines = ["global:"]
        lines += global.sorted { $0.key < $1.key }.map { "  \($0.key): \($0.value)" }
        if let head { lines.append(head) }
        lines.append("appliances:")
        for appliance in appliances {
            lines += [
                "  - name: \(appliance.name)", "    url: \(appliance.url)",
                "    public_token: \"\(appliance.publicToken)\"", "    private_token: \"\(appliance.privateToken)\"",
            ]
            if let caFile { lines.append("    tls_config: {ca_file: \"\(caFile)\"}") }
            lines += appliance.lines.map { "    \($0)" }
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
