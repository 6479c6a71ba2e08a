package import Metrics

/// What an appliance tells of a probe; `master` is empty but on a Unified View.
package enum ProbeMetrics {
    package static let info = Descriptor(
        "darktrace_probe_info", .info,
        labels: ["appliance", "master", "probe", "label", "type", "address", "version"],
        help: "What the appliance says of a probe; the value is always 1.")
    package static let up = Descriptor(
        "darktrace_probe_up", .gauge, labels: ["appliance", "master", "probe"],
        help: "Whether the appliance reaches the probe.")
    package static let lastContact = Descriptor(
        "darktrace_probe_last_contact_timestamp_seconds", .gauge, labels: ["appliance", "master", "probe"],
        help: "When the appliance last reached a probe that it does not reach now.")
    package static let cpu = Descriptor(
        "darktrace_probe_cpu_ratio", .gauge, labels: ["appliance", "master", "probe"],
        help: "Use of the probe's processors, from 0 to 1.")
    package static let memory = Descriptor(
        "darktrace_probe_memory_used_ratio", .gauge, labels: ["appliance", "master", "probe"],
        help: "Memory in use on the probe, from 0 to 1.")
    package static let dataQueue = Descriptor(
        "darktrace_probe_data_queue_seconds", .gauge, labels: ["appliance", "master", "probe"],
        help: "How far behind the probe is with the traffic that it was given.")
    package static let bandwidth = Descriptor(
        "darktrace_probe_bandwidth_bytes_per_second", .gauge, labels: ["appliance", "master", "probe"],
        help: "Traffic that the probe was given in the last ten minutes.")

    /// All of them.
    package static let all = [info, up, lastContact, cpu, memory, dataQueue, bandwidth]
}
