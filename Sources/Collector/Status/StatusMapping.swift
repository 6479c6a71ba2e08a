import Darktrace
import Metrics

/// Makes the families of one status: pure, and of what is known alone.
struct StatusMapping {
    private var table: GaugeBuilder

    init(of appliance: String, _ status: Status) {
        table = GaugeBuilder(appliance: appliance)
        show(status.system)
        show(status)
        showProbes(status.probes, master: "")
        for (name, master) in status.masters {
            showMaster(name, master.system)
            showProbes(master.probes, master: name)
        }
    }

    var families: [MetricFamily] { table.families }

    private mutating func show(_ system: SystemStatus) {
        typealias Families = ApplianceMetrics
        table.set(
            Families.info, system.version ?? "", system.type ?? "", system.hostname ?? "",
            system.modelPackageVersion ?? "", system.bundleVersion ?? "", to: 1)
        table.set(Families.uptime, to: system.uptimeSeconds)
        table.set(Families.cpu, to: system.cpu)
        table.set(Families.load, to: system.load)
        table.set(Families.memory, to: system.memory)
        table.set(Families.diskUtilization, to: system.diskUtilization)
        for (mount, ratio) in system.diskSpace { table.set(Families.diskSpace, mount, to: ratio) }
        table.set(Families.dataQueue, to: system.dataQueueSeconds)
        table.set(Families.darkflowQueue, to: system.darkflowQueueSeconds)
        table.set(Families.excessTraffic, to: system.hasExcessTraffic)
        table.set(Families.bandwidth, to: system.bytesPerSecond)
        table.set(Families.processedBandwidth, to: system.processedBytesPerSecond)
        table.set(Families.connections, to: system.connectionsPerSecond)
        for (name, interface) in system.interfaces {
            table.set(Families.interfaceUp, name, to: interface.isUp)
            table.set(Families.received, name, to: interface.receivedBytes)
            table.set(Families.transmitted, name, to: interface.transmittedBytes)
        }
    }

    private mutating func show(_ status: Status) {
        typealias Families = ApplianceMetrics
        for (license, end) in status.licenseEnds { table.set(Families.licenseExpiry, license, toTime: end) }
        table.set(Families.modelsUpdated, toTime: status.modelsUpdatedMilliseconds)
        for (name, time) in status.protocolsSeenMilliseconds { table.set(Families.protocolSeen, name, toTime: time) }
        for (window, count) in status.activeDevices { table.set(Families.activeDevices, window.rawValue, to: count) }
        for (window, count) in status.newDevices { table.set(Families.newDevices, window.rawValue, to: count) }
        table.set(Families.antigenaEnabled, to: status.isAntigenaEnabled)
        table.set(Families.antigenaRunning, to: status.isAntigenaRunning)
    }

    private mutating func showProbes(_ probes: [String: SystemStatus], master: String) {
        typealias Families = ProbeMetrics
        for (name, probe) in probes {
            table.set(
                Families.info, master, name, probe.label ?? "", probe.type ?? "", probe.address ?? "",
                probe.version ?? "", to: 1)
            table.set(Families.up, master, name, to: !probe.hasFailed)
            table.set(Families.lastContact, master, name, toTime: probe.lastContactMilliseconds)
            table.set(Families.cpu, master, name, to: probe.cpu)
            table.set(Families.memory, master, name, to: probe.memory)
            table.set(Families.dataQueue, master, name, to: probe.dataQueueSeconds)
            table.set(Families.bandwidth, master, name, to: probe.bytesPerSecond)
        }
    }

    private mutating func showMaster(_ name: String, _ master: SystemStatus) {
        typealias Families = MasterMetrics
        table.set(
            Families.info, name, master.label ?? "", master.hostname ?? "", master.address ?? "", master.version ?? "",
            to: 1)
        table.set(Families.up, name, to: !master.hasFailed)
        table.set(Families.lastContact, name, toTime: master.lastContactMilliseconds)
        table.set(Families.cpu, name, to: master.cpu)
        table.set(Families.memory, name, to: master.memory)
        table.set(Families.dataQueue, name, to: master.dataQueueSeconds)
    }
}
