import Foundation
import TestSupport
import Testing

/// What people look at, in a real headless Chromium.
@Suite struct BrowserTests {
    @Test(.timeLimit(.minutes(10)))
    func `the exporter's pages fit a phone, have a dark form, and pass an audit of names and contrast`() async throws {
        try await check("test_pages")
    }

    @Test(.timeLimit(.minutes(20)))
    func `dashboards are drawn with everything well, with a dead exporter, and with sixty appliances`() async throws {
        try await check("test_pictures")
    }

    private func check(_ module: String) async throws {
        let result = try await Tool.python.run(
            ["-m", "unittest", "-v", module], in: "Tests/DashboardsTests/Checks",
            environment: ["DARKTRACE_PROGRAMS": Project.programs.path])
        #expect(result.status == 0, "\(result.output)")
        #expect(result.output.contains("... ok"), "no check ran: \(result.output)")
    }
}
