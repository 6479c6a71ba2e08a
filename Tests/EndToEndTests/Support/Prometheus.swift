import Foundation

/// A real Prometheus with a data folder of its own.
final class Prometheus: Sendable {
    let program: RunningProgram
    let address: String

    /// `scrapeConfigs` is the YAML below `scrape_configs:`.
    init(
        _ workspace: Workspace, scrapeConfigs: String, name: String = "prometheus", arguments: [String] = []
    ) throws {
        let file = try workspace.write(
            "\(name).yml", "global: {scrape_interval: 1s, evaluation_interval: 1s}\nscrape_configs:\n\(scrapeConfigs)\n"
        )
        program = try RunningProgram(
            "/usr/bin/prometheus",
            [
                "--config.file=\(file)", "--storage.tsdb.path=\(workspace.path(name))",
                "--web.listen-address=127.0.0.1:0", "--log.level=info",
            ] + arguments, folder: workspace.folder)
        address = String(try program.awaitLog(#/msg="Listening on" address=(127\S+)/#).output.1)
    }

    /// The instant vector of an expression: labels and value.
    func query(_ expression: String) throws -> [(labels: [String: String], value: Double)] {
        let answer = try api("query", ["query": expression])
        guard let data = answer["data"] as? [String: Any], let result = data["result"] as? [[String: Any]] else {
            throw WaitTimeout(what: "a result of \(expression)", seen: "\(answer)")
        }
        return result.compactMap { row in
            guard let pair = row["value"] as? [Any], let text = pair.last as? String, let value = Double(text) else {
                return nil
            }
            return (row["metric"] as? [String: String] ?? [:], value)
        }
    }

    /// One call of `/api/v1/`.
    func api(_ path: String, _ parameters: [String: String]) throws -> [String: Any] {
        var arguments = ["-G"]
        for (key, value) in parameters { arguments += ["--data-urlencode", "\(key)=\(value)"] }
        let answer = try HTTP.request("http://\(address)/api/v1/\(path)", arguments: arguments)
        return try JSONSerialization.jsonObject(with: answer.body) as? [String: Any] ?? [:]
    }
}
