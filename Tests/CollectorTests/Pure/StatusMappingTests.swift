import Darktrace
import Metrics
import Testing

@testable import Collector

/// From a status to the lines of an exposition.
@Suite struct StatusMappingTests {
    private func lines(_ status: Status) -> [String] {
        let families = StatusEndpoint.families(of: "hq", status).merged()
        return String(decoding: Exposition(families).body(as: .text), as: UTF8.self).split(separator: "\n")
            .map(String.init).filter { !$0.hasPrefix("#") }
    }

    @Test func `of what is not known there is no line`() {
        var status = Status()
        status.system.cpu = 0
        #expect(
            lines(status) == [
                #"darktrace_appliance_cpu_ratio{appliance="hq"} 0"#,
                #"darktrace_appliance_info{appliance="hq",version="",type="",hostname="","#
                    + #"model_package_version="",bundle_version=""} 1"#,
            ])
    }

    @Test func `a status in full becomes these lines`() {
        var status = Status()
        var system = SystemStatus()
        (system.version, system.type, system.hostname) = ("6.1", "master", "dt-1")
        (system.modelPackageVersion, system.bundleVersion, system.uptimeSeconds) = ("6.1.8", "61023", 7)
        (system.cpu, system.load, system.memory, system.diskUtilization) = (0.25, 1.5, 0.5, 0.125)
        system.diskSpace = ["/": 0.25, "var": 0.75]
        (system.dataQueueSeconds, system.darkflowQueueSeconds, system.hasExcessTraffic) = (1, 2, true)
        (system.bytesPerSecond, system.processedBytesPerSecond, system.connectionsPerSecond) = (10, 9, 8)
        var interface = SystemStatus.Interface()
        (interface.isUp, interface.receivedBytes, interface.transmittedBytes) = (false, 5, 6)
        system.interfaces = ["eth0": interface]
        status.system = system
        status.licenseEnds = ["license": 1_798_761_600_000]
        status.modelsUpdatedMilliseconds = 1_768_371_131_000
        status.protocolsSeenMilliseconds = ["DNS": 1_768_469_340_000]
        (status.activeDevices, status.newDevices) = ([.hour: 44, .day: 61], [.week: 9])
        (status.isAntigenaEnabled, status.isAntigenaRunning) = (true, false)
        var probe = SystemStatus()
        (probe.label, probe.type, probe.address, probe.version) = ("P\"12", "vSensor", "10.0.0.12", "6.1")
        (probe.cpu, probe.memory, probe.dataQueueSeconds, probe.bytesPerSecond) = (0.5, 0.25, 0, 3)
        var failed = SystemStatus()
        (failed.hasFailed, failed.lastContactMilliseconds) = (true, 1_768_458_600_000)
        status.probes = ["12": probe, "13": failed]
        var master = Status.Master()
        (master.system.label, master.system.hostname, master.system.cpu) = ("Site 1", "m1", 0.25)
        (master.system.memory, master.system.dataQueueSeconds) = (0.5, 4)
        master.probes = ["12": failed]
        var lost = Status.Master()
        lost.system = failed
        status.masters = ["1": master, "2": lost]
        let expected = #"""
            darktrace_appliance_active_devices{appliance="hq",window="1h"} 44
            darktrace_appliance_active_devices{appliance="hq",window="24h"} 61
            darktrace_appliance_antigena_network_enabled{appliance="hq"} 1
            darktrace_appliance_antigena_network_running{appliance="hq"} 0
            darktrace_appliance_bandwidth_bytes_per_second{appliance="hq"} 10
            darktrace_appliance_connections_per_second{appliance="hq"} 8
            darktrace_appliance_cpu_ratio{appliance="hq"} 0.25
            darktrace_appliance_darkflow_queue_seconds{appliance="hq"} 2
            darktrace_appliance_data_queue_seconds{appliance="hq"} 1
            darktrace_appliance_disk_space_used_ratio{appliance="hq",mount="/"} 0.25
            darktrace_appliance_disk_space_used_ratio{appliance="hq",mount="var"} 0.75
            darktrace_appliance_disk_utilization_ratio{appliance="hq"} 0.125
            darktrace_appliance_excess_traffic{appliance="hq"} 1
            darktrace_appliance_info{appliance="hq",version="6.1",type="master",hostname="dt-1",model_package_version="6.1.8",bundle_version="61023"} 1
            darktrace_appliance_interface_receive_bytes_total{appliance="hq",interface="eth0"} 5
            darktrace_appliance_interface_transmit_bytes_total{appliance="hq",interface="eth0"} 6
            darktrace_appliance_interface_up{appliance="hq",interface="eth0"} 0
            darktrace_appliance_license_expiry_timestamp_seconds{appliance="hq",license="license"} 1798761600
            darktrace_appliance_load_ratio{appliance="hq"} 1.5
            darktrace_appliance_memory_used_ratio{appliance="hq"} 0.5
            darktrace_appliance_models_updated_timestamp_seconds{appliance="hq"} 1768371131
            darktrace_appliance_new_devices{appliance="hq",window="7d"} 9
            darktrace_appliance_processed_bandwidth_bytes_per_second{appliance="hq"} 9
            darktrace_appliance_protocol_last_seen_timestamp_seconds{appliance="hq",protocol="DNS"} 1768469340
            darktrace_appliance_uptime_seconds{appliance="hq"} 7
            darktrace_master_cpu_ratio{appliance="hq",master="1"} 0.25
            darktrace_master_data_queue_seconds{appliance="hq",master="1"} 4
            darktrace_master_info{appliance="hq",master="1",label="Site 1",hostname="m1",address="",version=""} 1
            darktrace_master_info{appliance="hq",master="2",label="",hostname="",address="",version=""} 1
            darktrace_master_last_contact_timestamp_seconds{appliance="hq",master="2"} 1768458600
            darktrace_master_memory_used_ratio{appliance="hq",master="1"} 0.5
            darktrace_master_up{appliance="hq",master="1"} 1
            darktrace_master_up{appliance="hq",master="2"} 0
            darktrace_probe_bandwidth_bytes_per_second{appliance="hq",master="",probe="12"} 3
            darktrace_probe_cpu_ratio{appliance="hq",master="",probe="12"} 0.5
            darktrace_probe_data_queue_seconds{appliance="hq",master="",probe="12"} 0
            darktrace_probe_info{appliance="hq",master="",probe="12",label="P\"12",type="vSensor",address="10.0.0.12",version="6.1"} 1
            darktrace_probe_info{appliance="hq",master="",probe="13",label="",type="",address="",version=""} 1
            darktrace_probe_info{appliance="hq",master="1",probe="12",label="",type="",address="",version=""} 1
            darktrace_probe_last_contact_timestamp_seconds{appliance="hq",master="",probe="13"} 1768458600
            darktrace_probe_last_contact_timestamp_seconds{appliance="hq",master="1",probe="12"} 1768458600
            darktrace_probe_memory_used_ratio{appliance="hq",master="",probe="12"} 0.25
            darktrace_probe_up{appliance="hq",master="",probe="12"} 1
            darktrace_probe_up{appliance="hq",master="",probe="13"} 0
            darktrace_probe_up{appliance="hq",master="1",probe="12"} 0
            """#
        #expect(lines(status) == expected.split(separator: "\n").map(String.init))
        let names = Set(StatusEndpoint.families(of: "hq", status).map(\.descriptor))
        #expect(names == Set(ApplianceMetrics.all + ProbeMetrics.all + MasterMetrics.all), "no family is forgotten")
    }

    /// Labels that the discovery of targets often sets are not used.
    @Test func `no label is one that a scrape sets`() {
        let taken: Set<String> = ["endpoint", "namespace", "pod", "container", "node", "job", "instance", "service"]
        for family in ApplianceMetrics.all + ProbeMetrics.all + MasterMetrics.all {
            #expect(taken.isDisjoint(with: family.labelNames))
            #expect(family.labelNames.first == "appliance")
        }
    }
}
