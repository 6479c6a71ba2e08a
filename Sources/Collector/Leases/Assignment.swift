import Ledger

/// Which replica polls which appliance, by rendezvous hashing: every replica computes the same from the same list, and
/// when one joins or leaves only its own appliances move.
struct Assignment {
    private let replicas: [(replica: Replica, key: String, appliances: Set<String>)]

    init(among replicas: [Replica]) {
        let names = Dictionary(replicas.map { ($0.name, 1) }, uniquingKeysWith: +)
        self.replicas = replicas.map { replica in
            // By name, a replica gets its appliances back after a restart. Two of one name would have the same weight.
            let key = names[replica.name] == 1 ? replica.name : "\(replica.name)\n\(replica.id)"
            return (replica, key, Set(replica.appliances))
        }
    }

    /// The id of the replica that should poll an appliance; nil if none can.
    func owner(of appliance: String) -> String? {
        replicas.filter { $0.appliances.contains(appliance) }
            .map { (weight: Self.weight(of: $0.key, for: appliance), id: $0.replica.id) }
            .max { $0 < $1 }?.id
    }

    private static func weight(of key: String, for appliance: String) -> UInt64 {
        var generator = SplitMix64(seed: 0, name: "\(key)\n\(appliance)")
        return generator.next()
    }
}
