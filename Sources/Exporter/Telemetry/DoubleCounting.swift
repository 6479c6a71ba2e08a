import Collector

/// Finds model breaches that are counted under two names: those of a master that is polled itself, and again as those of
/// a Unified View in front of it.
package struct DoubleCounting: Sendable {
    private var appliances: [String: Appliance] = [:]
    private var reported: Set<Pair> = []

    private struct Appliance {
        var host: String
        var countsBreaches: Bool
        var masters: [Master] = []
    }

    /// A master as a Unified View lists it.
    package struct Master: Sendable, Equatable {
        package let hostname: String
        package let address: String

        package init(hostname: String, address: String) {
            self.hostname = hostname
            self.address = address
        }

        /// Whether this is the master at a host of a configuration: its address or its name, with or without a domain.
        package func isAt(_ host: String) -> Bool {
            let (host, hostname) = (host.lowercased(), hostname.lowercased())
            if !address.isEmpty, host == address.lowercased() { return true }
            return !hostname.isEmpty && (host == hostname || host.hasPrefix(hostname + "."))
        }
    }

    /// A Unified View and a master whose breaches both count.
    package struct Pair: Hashable, Sendable {
        package let view: String
        package let master: String
    }

    package init() {}

    /// Sets what is configured of an appliance.
    package mutating func configure(_ name: String, host: String, countsBreaches: Bool) {
        let masters = appliances[name]?.masters ?? []
        appliances[name] = Appliance(host: host, countsBreaches: countsBreaches, masters: masters)
    }

    /// Sets the masters that an appliance lists; none if it is no Unified View.
    package mutating func setMasters(_ masters: [Master], of name: String) { appliances[name]?.masters = masters }

    package mutating func remove(_ name: String) {
        appliances[name] = nil
        reported = reported.filter { $0.view != name && $0.master != name }
    }

    /// The pairs that were not returned before, in order.
    package mutating func newPairs() -> [Pair] {
        let found = pairs
        reported.formIntersection(found)
        let new = found.subtracting(reported)
        reported.formUnion(new)
        return new.sorted { ($0.view, $0.master) < ($1.view, $1.master) }
    }

    private var pairs: Set<Pair> {
        var pairs: Set<Pair> = []
        for (view, appliance) in appliances where appliance.countsBreaches && !appliance.masters.isEmpty {
            for (name, other) in appliances
            where name != view && other.countsBreaches && appliance.masters.contains(where: { $0.isAt(other.host) }) {
                pairs.insert(Pair(view: view, master: name))
            }
        }
        return pairs
    }
}

extension DoubleCounting.Pair {
    /// What is wrong and what to do, as one line.
    package var advice: String {
        "model breaches of \(master) are counted twice, as its own and as those of the Unified View \(view); "
            + "set feeds to {modelbreaches: {enabled: false}} for one of them"
    }
}

extension [[String]] {
    /// The masters in the label values of `darktrace_master_info`: master, label, hostname, address, version.
    package var masters: [DoubleCounting.Master] {
        filter { $0.count >= 4 }.map { DoubleCounting.Master(hostname: $0[2], address: $0[3]) }
    }
}
