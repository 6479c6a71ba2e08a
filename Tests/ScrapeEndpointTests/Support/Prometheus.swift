import Foundation
import Testing

/// A real Prometheus that scrapes a port of this machine under two job names, on a port of its own.
final class Prometheus {
    private let directory: URL
    private let process = Process()
    private let port: UInt16

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Starts it; each job is a path to scrape every second.
    init(scraping target: UInt16, jobs: [String: String]) async throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "prometheus-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let jobs = jobs.sorted { $0.key < $1.key }.map { name, path in
            """
              - job_name: \(name)
                metrics_path: \(path)
                static_configs: [{targets: ["127.0.0.1:\(target)"]}]

            """
        }.joined()
        let configuration = "global: {scrape_interval: 1s}\nscrape_configs:\n\(jobs)"
        let file = directory.appending(path: "prometheus.yml")
        try Data(configuration.utf8).write(to: file)
        let log = directory.appending(path: "log")
        try Data().write(to: log)
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            "prometheus", "--config.file=\(file.path)", "--storage.tsdb.path=\(directory.appending(path: "data").path)",
            "--web.listen-address=127.0.0.1:0", "--enable-feature=exemplar-storage",
        ]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = try FileHandle(forWritingTo: log)
        try process.run()
        port = try await Self.port(in: log)
    }

    deinit {
        process.terminate()
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: directory)
    }

    /// Waits for the line in which Prometheus says on which port it listens.
    private static func port(in log: URL) async throws -> UInt16 {
        var text = ""
        for _ in 0..<2_000 {
            text = try String(contentsOf: log, encoding: .utf8)
            if let match = text.firstMatch(of: /Listening on" address=127\.0\.0\.1:([0-9]+)/),
                let port = UInt16(match.1)
            {
                return port
            }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw Failure(description: "prometheus does not listen: \(text.suffix(2_000))")
    }

    /// One element of an instant query's answer.
    struct Sample: Decodable {
        let metric: [String: String]
        let value: [Value]

        enum Value: Decodable {
            case time(Double), text(String)

            init(from decoder: any Decoder) throws {
                let container = try decoder.singleValueContainer()
                if let text = try? container.decode(String.self) {
                    self = .text(text)
                } else {
                    self = .time(try container.decode(Double.self))
                }
            }
        }

        var number: Double? {
            guard case .text(let text)? = value.last else { return nil }
            return Double(text)
        }
    }

    /// The exemplars of one series.
    struct Exemplars: Decodable {
        let seriesLabels: [String: String]
        let exemplars: [One]

        struct One: Decodable {
            let labels: [String: String]
            let value: String
            let timestamp: Double
        }
    }

    func query(_ expression: String) throws -> [Sample] {
        struct Answer: Decodable {
            struct Data: Decodable { let result: [Sample] }
            let data: Data
        }
        return try decode(Answer.self, "query", ["query=\(expression)"]).data.result
    }

    func exemplars(_ expression: String) throws -> [Exemplars] {
        struct Answer: Decodable { let data: [Exemplars] }
        return try decode(
            Answer.self, "query_exemplars", ["query=\(expression)", "start=0", "end=4000000000"]
        ).data
    }

    /// The last error of each target, empty while all is well.
    func scrapeErrors() throws -> [String: String] {
        struct Answer: Decodable {
            struct Target: Decodable {
                let scrapePool: String
                let lastError: String
            }
            struct Data: Decodable { let activeTargets: [Target] }
            let data: Data
        }
        let targets = try decode(Answer.self, "targets", []).data.activeTargets
        return Dictionary(targets.map { ($0.scrapePool, $0.lastError) }, uniquingKeysWith: { $1 })
    }

    private func decode<Answer: Decodable>(
        _ type: Answer.Type, _ path: String, _ parameters: [String]
    ) throws -> Answer {
        let encoded = parameters.flatMap { ["--data-urlencode", $0] }
        let body = try ScrapeEndpointTests.run(
            ["curl", "-sSf", "-G"] + encoded + ["http://127.0.0.1:\(port)/api/v1/\(path)"])
        return try JSONDecoder().decode(type, from: Data(body))
    }
}
