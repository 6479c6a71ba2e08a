/// The probes that feed the appliance, each with fields like its own.
struct StatusProbes {
    let json: JSON

    init(_ appliance: Appliance, _ faults: ActiveFaults) {
        let now = appliance.shownTime
        let healthy: JSON = [
            "id": 12, "label": "Probe 12", "configuredServer": "10.0.0.12", "hostname": "probe-12", "type": "vSensor",
            "ipAddress": "10.0.0.12", "version": "6.1.23 (f35936c6)", "cpu": 11, "load": 9, "memoryUsed": 40,
            "diskSpaceUsed_": 22, "dataQueue": 0, "bandwidthCurrent": 81_000_000, "bandwidthAverage": 77_000_000,
            "networkInterfacesState_eth0": "up", "networkInterfacesReceived_eth0": 991_200_113,
            "networkInterfacesTransmitted_eth0": 10_211_340, "osSensors": [], "osPacketsProcessed": "1204417",
            "metadata": .null, "kernel": "6.1.0-25-amd64", "mappedId": 12,
            "time": .text(CivilTime(milliseconds: now).spaced),
        ]
        // A probe that cannot be reached has only these.
        let failed: JSON = [
            "configuredServer": "10.0.0.13", "ipAddress": "10.0.0.13", "label": "Probe 13", "error": true,
            "lastContact": .text(CivilTime(milliseconds: now - 3 * 3_600_000).spaced),
        ]
        let isByAddress = faults.isOn(.probesByAddress)
        var probes = [JSON.Field(isByAddress ? "10.0.0.12" : "12", healthy)]
        if faults.isOn(.probeError) { probes.append(.init(isByAddress ? "10.0.0.13" : "13", failed)) }
        json = .object(probes)
    }
}
