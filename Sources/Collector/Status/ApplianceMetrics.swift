package import Metrics

/// What an appliance tells of itself; of a Unified View that is the Unified View alone.
package enum ApplianceMetrics {
    package static let info = Descriptor(
        "darktrace_appliance_info", .info,
        labels: ["appliance", "version", "type", "hostname", "model_package_version", "bundle_version"],
        help: "What the appliance says it is; the value is always 1.")
    package static let uptime = Descriptor(
        "darktrace_appliance_uptime_seconds", .gauge, labels: ["appliance"],
        help: "How long the appliance's system has been up.")
    package static let cpu = Descriptor(
        "darktrace_appliance_cpu_ratio", .gauge, labels: ["appliance"],
        help: "Use of the appliance's processors, from 0 to 1.")
    package static let load = Descriptor(
        "darktrace_appliance_load_ratio", .gauge, labels: ["appliance"],
        help: "Load of the appliance, where 1 is what it is made for.")
    package static let memory = Descriptor(
        "darktrace_appliance_memory_used_ratio", .gauge, labels: ["appliance"],
        help: "Memory in use on the appliance, from 0 to 1.")
    package static let diskUtilization = Descriptor(
        "darktrace_appliance_disk_utilization_ratio", .gauge, labels: ["appliance"],
        help: "How busy the appliance's disks are with reading and writing, from 0 to 1.")
    package static let diskSpace = Descriptor(
        "darktrace_appliance_disk_space_used_ratio", .gauge, labels: ["appliance", "mount"],
        help: "Disk space in use, from 0 to 1, by mount as the appliance names it; the one without a name is /.")
    package static let dataQueue = Descriptor(
        "darktrace_appliance_data_queue_seconds", .gauge, labels: ["appliance"],
        help: "How far behind the appliance is with the traffic that it was given.")
    package static let darkflowQueue = Descriptor(
        "darktrace_appliance_darkflow_queue_seconds", .gauge, labels: ["appliance"],
        help: "How far behind the appliance's analysis of flows is.")
    package static let excessTraffic = Descriptor(
        "darktrace_appliance_excess_traffic", .gauge, labels: ["appliance"],
        help: "Whether the appliance is given more traffic than it can look at.")
    package static let bandwidth = Descriptor(
        "darktrace_appliance_bandwidth_bytes_per_second", .gauge, labels: ["appliance"],
        help: "Traffic that the appliance was given in the last ten minutes.")
    package static let processedBandwidth = Descriptor(
        "darktrace_appliance_processed_bandwidth_bytes_per_second", .gauge, labels: ["appliance"],
        help: "Traffic that the appliance looked at in the last ten minutes.")
    package static let connections = Descriptor(
        "darktrace_appliance_connections_per_second", .gauge, labels: ["appliance"],
        help: "Connections in the traffic that the appliance sees now.")
    package static let interfaceUp = Descriptor(
        "darktrace_appliance_interface_up", .gauge, labels: ["appliance", "interface"],
        help: "Whether a network interface of the appliance is up.")
    package static let received = Descriptor(
        "darktrace_appliance_interface_receive_bytes_total", .counter, labels: ["appliance", "interface"],
        help: "Bytes that a network interface of the appliance received, since the appliance began to count.")
    package static let transmitted = Descriptor(
        "darktrace_appliance_interface_transmit_bytes_total", .counter, labels: ["appliance", "interface"],
        help: "Bytes that a network interface of the appliance sent, since the appliance began to count.")
    package static let licenseExpiry = Descriptor(
        "darktrace_appliance_license_expiry_timestamp_seconds", .gauge, labels: ["appliance", "license"],
        help: "When a licence ends, by the API's name of it; absent for one that there is none of.")
    package static let modelsUpdated = Descriptor(
        "darktrace_appliance_models_updated_timestamp_seconds", .gauge, labels: ["appliance"],
        help: "When the appliance's models were last updated.")
    package static let protocolSeen = Descriptor(
        "darktrace_appliance_protocol_last_seen_timestamp_seconds", .gauge, labels: ["appliance", "protocol"],
        help: "When the appliance last saw traffic of a protocol.")
    package static let activeDevices = Descriptor(
        "darktrace_appliance_active_devices", .gauge, labels: ["appliance", "window"],
        help: "Devices that were active within a window before now: 1h, 24h, 7d or 4w.")
    package static let newDevices = Descriptor(
        "darktrace_appliance_new_devices", .gauge, labels: ["appliance", "window"],
        help: "Devices that were seen for the first time within a window before now: 1h, 24h, 7d or 4w.")
    package static let antigenaEnabled = Descriptor(
        "darktrace_appliance_antigena_network_enabled", .gauge, labels: ["appliance"],
        help: "Whether autonomous response on the network is switched on.")
    package static let antigenaRunning = Descriptor(
        "darktrace_appliance_antigena_network_running", .gauge, labels: ["appliance"],
        help: "Whether autonomous response on the network is at work.")

    /// All of them.
    package static let all = [
        info, uptime, cpu, load, memory, diskUtilization, diskSpace, dataQueue, darkflowQueue, excessTraffic,
        bandwidth, processedBandwidth, connections, interfaceUp, received, transmitted, licenseExpiry, modelsUpdated,
        protocolSeen, activeDevices, newDevices, antigenaEnabled, antigenaRunning,
    ]
}
