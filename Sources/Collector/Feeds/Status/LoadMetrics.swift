import Darktrace

extension SystemMetric {
    /// Load, memory, disks and queues.
    static let load: [SystemMetric] = [
        SystemMetric("uptime_seconds", "Uptime of {} in seconds.") { $0.uptime("systemUptime") ?? $0.uptime("uptime") },
        SystemMetric("cpu_ratio", "Processor utilization of {}, 0 to 1.") { $0.percentage("cpu") },
        SystemMetric("load_ratio", "Load of {} relative to its capacity; 1 is full load.") { $0.percentage("load") },
        SystemMetric("memory_used_ratio", "Memory utilization of {}, 0 to 1.") { $0.percentage("memoryUsed") },
        SystemMetric("disk_utilization_ratio", "Disk I/O utilization of {}, 0 to 1.") {
            $0.percentage("diskUtilization")
        },
        SystemMetric(
            "disk_space_used_ratio",
            "Disk space used on {}, 0 to 1, by mount as the API names it; the mount without a name is /.",
            labels: ["mount"]
        ) { fields, subject in
            fields.limit(fields.names("diskSpaceUsed_"), of: "mounts", to: \.mounts, subject).map { name, key in
                ([name.isEmpty ? "/" : name], fields.percentage(key))
            }
        },
        SystemMetric("data_queue_seconds", "Processing delay of traffic received by {} in seconds.") {
            $0.number("dataQueue")
        },
        SystemMetric("darkflow_queue_seconds", "Processing delay of the flow analysis on {} in seconds.") {
            $0.number("darkflowQueue")
        },
        SystemMetric("excess_traffic", "Whether more traffic is received by {} than can be processed (1 = yes).") {
            $0.flag("excessTraffic")
        },
    ]
}
