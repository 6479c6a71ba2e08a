import Testing

/// Checks that need the generator's own library are written in Python, in Checks.
@Suite struct ChecksTests {
    @Test func `generated files are fresh, and Grafana's types give dashboards back the same`() async throws {
        try await check("test_generated")
    }

    @Test func `every panel keeps the rules of the dashboard linter`() async throws {
        try await check("test_linter")
    }

    @Test func `panels, closed rows and variables have their order, and tables begin with what needs attention`()
        async throws
    {
        try await check("test_layout")
    }

    @Test func `every metric that is named exists, and every one that exists is used or excused`() async throws {
        try await check("test_metrics")
    }

    @Test func `every alert has a severity, its words, links and a runbook whose queries work`() async throws {
        try await check("test_alerts")
    }

    @Test func `annotations name models and numbers, and link to what exists`() async throws {
        try await check("test_annotations")
    }

    @Test func `a real Alertmanager sends each customer its own readable messages`() async throws {
        try await check("test_alertmanager")
    }

    @Test func `promtool computes the recorded counts of the past as the README says`() async throws {
        try await check("test_recorded_history")
    }

    @Test func `the mixin renders the same rules and dashboards`() async throws {
        try await check("test_mixin")
    }

    @Test func `in each situation exactly the expected alerts fire`() async throws {
        try await check("test_alert_situations")
    }

    @Test func `counts survive replicas, outages and upgrades, and documents use the same form`() async throws {
        try await check("test_counts")
    }

    @Test func `the parts of the stack know each other by the same names, ports and paths`() async throws {
        try await check("test_compose")
    }

    private func check(_ module: String) async throws {
        let result = try await Tool.python.run(["-m", "unittest", "-v", module], in: "Tests/DashboardsTests/Checks")
        #expect(result.status == 0, "\(result.output)")
        #expect(result.output.contains("... ok"), "no check ran: \(result.output)")
    }
}
