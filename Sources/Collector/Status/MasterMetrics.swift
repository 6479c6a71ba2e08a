package import Metrics

/// What a Unified View tells of a master.
package enum MasterMetrics {
    package static let info = Descriptor(
        "darktrace_master_info", .info, labels: ["appliance", "master", "label", "hostname", "address", "version"],
        help: "What the Unified View says of a master; the value is always 1.")
    package static let up = Descriptor(
        "darktrace_master_up", .gauge, labels: ["appliance", "master"],
        help: "Whether the Unified View reaches the master.")
    package static let lastContact = Descriptor(
        "darktrace_master_last_contact_timestamp_seconds", .gauge, labels: ["appliance", "master"],
        help: "When the Unified View last reached a master that it does not reach now.")
    package static let cpu = Descriptor(
        "darktrace_master_cpu_ratio", .gauge, labels: ["appliance", "master"],
        help: "Use of the master's processors, from 0 to 1.")
    package static let memory = Descriptor(
        "darktrace_master_memory_used_ratio", .gauge, labels: ["appliance", "master"],
        help: "Memory in use on the master, from 0 to 1.")
    package static let dataQueue = Descriptor(
        "darktrace_master_data_queue_seconds", .gauge, labels: ["appliance", "master"],
        help: "How far behind the master is with the traffic that it was given.")

    /// All of them.
    package static let all = [info, up, lastContact, cpu, memory, dataQueue]
}
