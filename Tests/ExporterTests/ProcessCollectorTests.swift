import Exporter
import Glibc
import Metrics
import Testing

@Suite struct ProcessCollectorTests {
    private func value(_ name: String) -> Double? {
        for family in ProcessCollector.collect() where family.descriptor.name == name {
            if case .number(let value, _) = family.series.first?.value { return value }
        }
        return nil
    }

    @Test func `the standard set of families is complete`() {
        #expect(
            ProcessCollector.collect().map(\.descriptor.name).sorted() == [
                "process_cpu_seconds_total", "process_max_fds", "process_open_fds", "process_resident_memory_bytes",
                "process_start_time_seconds", "process_virtual_memory_bytes",
            ])
    }

    @Test func `an open file is counted`() throws {
        let before = try #require(value("process_open_fds"))
        let files = (0..<20).map { _ in open("/dev/null", O_RDONLY) }
        defer { files.forEach { close($0) } }
        // Other tests may open and close a few files.
        #expect(try abs(#require(value("process_open_fds")) - before - 20) < 15)
    }

    @Test func `the process started in the past and after the machine`() throws {
        let start = try #require(value("process_start_time_seconds"))
        #expect(start <= Double(time(nil)) + 1)
        #expect(start > Double(time(nil)) - 86_400)
    }

    @Test func `memory is more than a page and resident is part of virtual`() throws {
        let resident = try #require(value("process_resident_memory_bytes"))
        #expect(resident > 1_000_000)
        #expect(try resident < #require(value("process_virtual_memory_bytes")))
    }
}
