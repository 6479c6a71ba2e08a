import Glibc
package import Metrics

/// The `process_*` families, as Prometheus client libraries name them, read from `/proc/self` at each call.
package enum ProcessCollector {
    static let cpu = Descriptor(
        "process_cpu_seconds_total", .counter, help: "Total user and system CPU time spent in seconds.")
    static let resident = Descriptor("process_resident_memory_bytes", .gauge, help: "Resident memory size in bytes.")
    static let virtual = Descriptor("process_virtual_memory_bytes", .gauge, help: "Virtual memory size in bytes.")
    static let openFiles = Descriptor("process_open_fds", .gauge, help: "Number of open file descriptors.")
    static let maximumFiles = Descriptor("process_max_fds", .gauge, help: "Maximum number of open file descriptors.")
    static let start = Descriptor(
        "process_start_time_seconds", .gauge, help: "Start time of the process since the Unix epoch in seconds.")

    /// The families; a value that cannot be read is absent.
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
        let ticks = clock()
        // POSIX has a million of them in a second.
        return ticks < 0 ? nil : Double(ticks) / 1e6
    }

    private static func openFileCount() -> Double? {
        guard let directory = unsafe opendir("/proc/self/fd") else { return nil }
        defer { unsafe closedir(directory) }
        var count = 0.0
        while unsafe readdir(directory) != nil { count += 1 }
        return count - 3  // ".", ".." and the directory's own descriptor
    }

    private static func fileLimit() -> Double? {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return nil }
        return Double(limit.rlim_cur)
    }
}

/// The fields of `/proc/self/stat` that are exposed (proc(5)).
private struct ProcessStat {
    let virtualBytes: Double
    let residentBytes: Double
    /// Unix seconds.
    let startSeconds: Double

    static func read() -> ProcessStat? {
        guard let text = ProcFile.text("/proc/self/stat"), let end = text.lastIndex(of: ")") else { return nil }
        // The second field is the program's name and may hold spaces; the third follows its bracket.
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 21, let ticks = Double(fields[19]), let virtual = Double(fields[20]),
            let pages = Double(fields[21].prefix { $0.isNumber }), let boot = bootSeconds
        else { return nil }
        return ProcessStat(
            virtualBytes: virtual, residentBytes: pages * Double(sysconf(Int32(_SC_PAGESIZE))),
            startSeconds: boot + ticks / Double(sysconf(Int32(_SC_CLK_TCK))))
    }

    /// Read once: the kernel recomputes it at each read, and a corrected clock would move the start.
    private static let bootSeconds: Double? = {
        guard let text = ProcFile.text("/proc/stat") else { return nil }
        for line in text.split(separator: "\n") where line.hasPrefix("btime ") {
            return Double(line.dropFirst(6))
        }
        return nil
    }()
}

/// A small file of the proc file system.
private enum ProcFile {
    static func text(_ path: String) -> String? {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = unsafe piece.withUnsafeMutableBytes { buffer in
                unsafe Glibc.read(file, buffer.baseAddress, buffer.count)
            }
            guard count > 0 else { break }
            bytes.append(contentsOf: piece[..<count])
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
