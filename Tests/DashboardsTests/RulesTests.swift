import Foundation
import TestSupport
import Testing

@Suite struct RulesTests {
    @Test func `Prometheus accepts its configuration and every rule, without a lint`() async throws {
        let files = Tool.files(of: "prometheus/rules") + Tool.files(of: "prometheus/optional-rules")
        #expect(files.count == 6)
        let rules = try await Tool(name: "promtool").run(["check", "rules", "--lint=all", "--lint-fatal"] + files)
        #expect(rules.status == 0, "\(rules.output)")
        let configuration = try await Tool(name: "promtool").run(
            ["check", "config", "dashboards/prometheus/prometheus.yml"])
        #expect(configuration.status == 0, "\(configuration.output)")
        #expect(configuration.output.contains("5 rule files found"), "\(configuration.output)")
    }

    @Test(arguments: ["alertmanager.yml", "by-customer.yml"])
    func `Alertmanager accepts its configuration`(file: String) async throws {
        let result = try await Tool(name: "amtool").run(["check-config", "dashboards/alertmanager/\(file)"])
        #expect(result.status == 0, "\(result.output)")
    }

    @Test func `every YAML file is tidy`() async throws {
        let result = try await Tool(name: "yamllint").run(["--strict", "dashboards"])
        #expect(result.status == 0, "\(result.output)")
    }
}
