import Foundation
import TestSupport
import Testing

@Suite struct RulesTests {
    @Test func `Prometheus accepts its configuration and every rule, without a lint`() async throws {
        let files = Tool.files(of: "prometheus/rules")
        #expect(files.count == 3)
        let rules = try await Tool(name: "promtool").run(["check", "rules", "--lint=all", "--lint-fatal"] + files)
        #expect(rules.status == 0, "\(rules.output)")
        let configuration = try await Tool(name: "promtool").run(
            ["check", "config", "dashboards/prometheus/prometheus.yml"])
        #expect(configuration.status == 0, "\(configuration.output)")
        #expect(configuration.output.contains("3 rule files found"), "\(configuration.output)")
    }

    @Test(arguments: Tool.files(of: "prometheus/tests"))
    func `alerts fire when they should, and only then`(file: String) async throws {
        let result = try await Tool(name: "promtool").run(["test", "rules", file])
        #expect(result.status == 0, "\(result.output)")
    }

    @Test func `the queries for two exporters are those that were run`() throws {
        func text(_ path: String) throws -> String {
            try String(contentsOf: Project.root.appending(path: path), encoding: .utf8)
        }
        let tested = try text("dashboards/prometheus/tests/two-exporters.yml").split(separator: "\n")
        let queries = try text("docs/operating.md").split(separator: "\n").filter { $0.hasPrefix("    max by") }
        #expect(queries.count == 2)
        for query in queries {
            let expression = "- expr: " + query.drop { $0 == " " }
            #expect(tested.contains { $0.hasSuffix(expression) }, "\(query)")
        }
    }

    @Test func `Alertmanager accepts its configuration`() async throws {
        let result = try await Tool(name: "amtool").run(["check-config", "dashboards/alertmanager/alertmanager.yml"])
        #expect(result.status == 0, "\(result.output)")
    }

    @Test func `every YAML file is tidy`() async throws {
        let result = try await Tool(name: "yamllint").run(["--strict", "dashboards"])
        #expect(result.status == 0, "\(result.output)")
    }
}
