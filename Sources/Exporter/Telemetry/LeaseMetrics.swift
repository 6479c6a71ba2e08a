package import Collector
package import Metrics

/// What a replica of a fleet exposes of its leases, and which appliances its leases let it expose.
package struct LeaseMetrics: Sendable {
    package let table: LeaseTable
    private let replica: String

    /// - Parameter replica: The name of this replica.
    package init(_ table: LeaseTable, replica: String) {
        self.table = table
        self.replica = replica
    }

    /// The lease of an appliance.
    package func collect(_ name: String) -> [MetricFamily] {
        guard let epoch = table.epoch(of: name) else { return [] }
        return [
            MetricFamily(Self.info, [Series(Labels(Self.info.labelNames, [name, replica]), .number(1))]),
            MetricFamily(Self.epoch, [Series(Labels(Self.epoch.labelNames, [name]), .number(Double(epoch)))]),
        ]
    }

    /// How many leases are held.
    package func collectLive() -> MetricFamily {
        MetricFamily(Self.leases, [Series(.none, .number(Double(table.count)))])
    }
}

extension LeaseMetrics {
    package static let leases = Descriptor(
        "darktrace_exporter_leases", .gauge,
        help: "Number of appliances whose lease this replica holds; only with the state in PostgreSQL.")
    package static let info = Descriptor(
        "darktrace_lease_info", .info, labels: ["appliance", "replica"],
        help: "Replica that polls and exposes the appliance; the value is always 1. Only with the state in PostgreSQL.")
    package static let epoch = Descriptor(
        "darktrace_lease_epoch", .gauge, labels: ["appliance"],
        help: "Number that grows whenever the lease of the appliance is taken; only with the state in PostgreSQL.")

    /// The families of this type.
    package static let all = [leases, info, epoch]
}
