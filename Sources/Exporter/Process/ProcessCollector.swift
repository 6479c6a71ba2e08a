import Glibc
package import Metrics

/// The `process_*` families, as the client libraries of the field name them, read from `/proc/self` at each call.
package enum ProcessCollector {
    static let cpu = Descriptor(
        "process_cpu_seconds_total", .counter, help: "Total user and system CPU time spent in seconds.")
    static let resident = Descriptor("process_resident_memory_bytes", .gauge, help: "Resident memory size in bytes.")
    static let virtual = Descriptor("process_virtual_memory_bytes", .gauge, help: "Virtual memory size in bytes.")
    static let openFiles = Descriptor("process_open_fds", .gauge, help: "Number of open file descriptors.")
    static let maximumFiles = Descriptor("process_max_fds", .gauge, help: "Maximum number of open file descriptors.")
    static let start = Descriptor(
        "process_start_time_seconds", .gauge, help: "Start time of the process since the Unix epoch in seconds.")

    /// What could be read; a value that the system does not tell is absent.
    package static func collect() -> [MetricFamily] {
        let stat = ProcessStat.read()
        let values: [(Descriptor, Double?)] = [
            (cpu, cpuSeconds()), (resident, stat?.residentBytes), (virtual, stat?.virtualBytes),
            (openFiles, openFileCount()), (maximumFiles, fileLimit()), (start, stat?.startSeconds),
        ]
        return values.compactMap { descriptor, value in
            value.map { MetricFamily(descriptor, [Series(.none, .number($0), created: stat?.startSeconds)]) }
        }
    }

    private static func cpuSeconds() -> Double? {
        var time = timespec()
        guard unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0 else { return nil }
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    private static func openFileCount() -> Double? {
        guard let folder = unsafe opendir("/proc/self/fd") else { return nil }
        defer { unsafe closedir(folder) }
        var count = 0.0
        while unsafe readdir(folder) != nil { count += 1 }
        return count - 3  // ".", ".." and the folder's own descriptor
    }

    private static func fileLimit() -> Double? {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return nil }
        return Double(limit.rlim_cur)
    }
}
