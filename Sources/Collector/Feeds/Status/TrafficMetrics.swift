import Darktrace
import Metrics

extension SystemMetric {
    /// Traffic, interfaces, events and logs. The API reports bits and minutes.
    static let traffic: [SystemMetric] = [
        SystemMetric(
            "bandwidth_bytes_per_second", "Traffic received by {} over the last ten minutes in bytes per second."
        ) { $0.number("bandwidthCurrent", per: 8) },
        SystemMetric(
            "processed_bandwidth_bytes_per_second",
            "Traffic processed by {} over the last ten minutes in bytes per second."
        ) { $0.number("processedBandwidthCurrent", per: 8) },
        SystemMetric("connections_per_second", "Current rate of connections in the traffic of {}.") {
            $0.number("connectionsPerMinuteCurrent", per: 60)
        },
        SystemMetric(
            "interface_up", "Whether a network interface of {} is up (1 = yes).", labels: ["interface"]
        ) { fields, subject in
            fields.interfaces(subject).map {
                ([$0], fields.word("networkInterfacesState_\($0)", ["up": 1, "down": 0]))
            }
        },
        SystemMetric(
            "interface_receive_bytes_total", "Total number of bytes that a network interface of {} received.",
            kind: .counter, labels: ["interface"]
        ) { fields, subject in
            fields.interfaces(subject).map { ([$0], fields.number("networkInterfacesReceived_\($0)")) }
        },
        SystemMetric(
            "interface_transmit_bytes_total", "Total number of bytes that a network interface of {} sent.",
            kind: .counter, labels: ["interface"]
        ) { fields, subject in
            fields.interfaces(subject).map { ([$0], fields.number("networkInterfacesTransmitted_\($0)")) }
        },
        SystemMetric(
            "events_per_second", "Current rate of events that {} processes, by their source and type in the API.",
            labels: ["source", "type"]
        ) { fields, _ in fields.eventRates },
        SystemMetric(
            "log_ingestion_received_total", "Total number of log messages that {} received, by transport.",
            kind: .counter, labels: ["transport"]
        ) { fields, _ in
            [(["tcp"], fields.number("logIngestionTCP")), (["udp"], fields.number("logIngestionUDP"))]
        },
        SystemMetric(
            "log_ingestion_processed_total", "Total number of log messages that {} processed.", kind: .counter
        ) { $0.number("logIngestionProcessed") },
        SystemMetric(
            "log_ingestion_replicated_total", "Total number of log messages that {} replicated.", kind: .counter
        ) { $0.number("logIngestionReplicated") },
        SystemMetric(
            "antigena_blocked_connections_attempted",
            """
            Number of connections that Autonomous Response (RESPOND, Antigena) on {} attempted to block; the API does \
            not say since when.
            """
        ) { $0.object("antigenaNetworkBlockedConnections")?.number("attempted") },
        SystemMetric(
            "antigena_blocked_connections_failed",
            """
            Number of connections that Autonomous Response (RESPOND, Antigena) on {} failed to block; the API does \
            not say since when.
            """
        ) { $0.object("antigenaNetworkBlockedConnections")?.number("failed") },
    ]
}

extension JSONFields {
    /// The names of the network interfaces, which are part of their keys.
    fileprivate func interfaces(_ subject: SystemMetric.Subject) -> [String] {
        list("interfaces") {
            let prefixes = ["networkInterfacesState_", "networkInterfacesReceived_", "networkInterfacesTransmitted_"]
            let names = Set(prefixes.flatMap { prefix in self.names(prefix).map { $0.name } }).subtracting([""])
            return limit(names.sorted(), of: "interfaces", to: \.interfaces, subject)
        }
    }

    /// Events per second by source and type: fields of an object, or of the machine with its name as a prefix.
    fileprivate var eventRates: [GaugeMetric.Sample] {
        let prefix = "eventsPerMinuteCurrent"
        let nested = object(prefix)
        let sources = [
            ("cSensor", "csensor"), ("network", "network"), ("logInput", "log_input"), ("saas", "saas"),
        ]
        let types = [
            ("Notices", "notices"), ("DeviceDetails", "device_details"), ("ModelEvents", "model_events"),
            ("Connections", "connections"),
        ]
        return sources.flatMap { source, sourceLabel in
            types.map { type, typeLabel in
                let rate = nested?.number(source + type, per: 60) ?? number(prefix + source + type, per: 60)
                return ([sourceLabel, typeLabel], rate)
            }
        }
    }
}
