import Foundation
import TestSupport
import Testing

/// Simulators, exporter, Prometheus and Alertmanager as processes, with the shipped rules at a quicker pace.
@Suite struct StackTests {
    @Test(.timeLimit(.minutes(10)))
    func `alerts of a real stack fire and resolve, and every panel shows plausible values`() async throws {
        let result = try await Tool.python.run(
            ["-m", "unittest", "-v", "test_stack"], in: "Tests/DashboardsTests/Checks",
            environment: ["DARKTRACE_PROGRAMS": Project.programs.path])
        #expect(result.status == 0, "\(result.output)")
        #expect(result.output.contains("... ok"), "no check ran: \(result.output)")
    }
}
