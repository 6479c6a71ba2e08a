import Foundation

/// A real Prometheus that scrapes every second, with data and configuration in a temporary directory.
package final class Prometheus: Sendable {
    package let program: RunningProgram
    package let address: String

    /// Starts Prometheus; `scrapeConfigs` is the YAML below `scrape_configs:`.
    ///
    /// - Parameter isAgent: It only scrapes and writes elsewhere.
    package init(
        _ directory: TemporaryDirectory, scrapeConfigs: String, name: String = "prometheus", isAgent: Bool = false,
        arguments: [String] = []
    ) throws {
        let file = try directory.write(
            "\(name).yml", "global: {scrape_interval: 1s, evaluation_interval: 1s}\nscrape_configs:\n\(scrapeConfigs)\n"
        )
        let mode = isAgent ? ["--enable-feature=agent"] : []
        program = try RunningProgram(
            "/usr/bin/prometheus",
            mode + [
                "--config.file=\(file)", "--storage.\(isAgent ? "agent" : "tsdb").path=\(directory.path(name))",
                "--web.listen-address=127.0.0.1:0", "--log.level=info",
            ] + arguments, directory: directory.url)
        address = String(try program.awaitLog(#/msg="Listening on" address=(127\S+)/#).output.1)
    }

    /// One element of an instant vector.
    package struct Sample: Sendable {
        package let labels: [String: String]
        package let value: Double
    }

    /// The exemplars of one series.
    package struct SeriesExemplars: Decodable, Sendable {
        package let seriesLabels: [String: String]
        package let exemplars: [Exemplar]
    }

    package struct Exemplar: Decodable, Sendable {
        package let labels: [String: String]
        package let value: String
        /// Unix time in seconds.
        package let timestamp: Double
    }

    /// The instant vector of an expression.
    package func query(_ expression: String) throws -> [Sample] {
        struct Element: Decodable {
            let metric: [String: String]
            let value: Point
        }
        /// A pair of time and value, the value as text.
        struct Point: Decodable {
            let text: String

            init(from decoder: any Decoder) throws {
                var container = try decoder.unkeyedContainer()
                _ = try container.decode(Double.self)
                text = try container.decode(String.self)
            }
        }
        struct Vector: Decodable { let result: [Element] }
        return try api(Vector.self, "query", ["query": expression]).result.compactMap { element in
            Double(element.value.text).map { Sample(labels: element.metric, value: $0) }
        }
    }

    /// All exemplars of the series that an expression selects.
    package func exemplars(_ expression: String) throws -> [SeriesExemplars] {
        try api(
            [SeriesExemplars].self, "query_exemplars", ["query": expression, "start": "0", "end": "4000000000"])
    }

    /// The last scrape error of each job, empty when the last scrape succeeded.
    package func scrapeErrors() throws -> [String: String] {
        struct Target: Decodable {
            let scrapePool: String
            let lastError: String
        }
        struct Targets: Decodable { let activeTargets: [Target] }
        let targets = try api(Targets.self, "targets", [:]).activeTargets
        return Dictionary(targets.map { ($0.scrapePool, $0.lastError) }, uniquingKeysWith: { $1 })
    }

    /// The field `data` of one call below `/api/v1/`.
    package func api<Value: Decodable>(
        _ type: Value.Type, _ path: String, _ parameters: [String: String]
    ) throws -> Value {
        var arguments = ["-G"]
        for (key, value) in parameters { arguments += ["--data-urlencode", "\(key)=\(value)"] }
        let response = try HTTP.request("http://\(address)/api/v1/\(path)", arguments: arguments)
        return try JSONDecoder().decode(APIResponse<Value>.self, from: response.body).data
    }
}

private struct APIResponse<Value: Decodable>: Decodable { let data: Value }
