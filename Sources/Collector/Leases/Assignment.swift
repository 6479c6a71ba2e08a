import Ledger

/// Which replica polls which appliance, by rendezvous hashing: every replica computes the same from the same list, and
/// when one joins or leaves only its own appliances move.
struct Assignment {
    private let replicas: [(replica: Replica, pollable: Set<String>, disabled: Set<String>)]

    init(among replicas: [Replica]) {
        self.replicas = replicas.map { ($0, Set($0.appliances), Set($0.disabled)) }
    }

    /// The id of the replica that should poll an appliance, or expose it if all that know it have it disabled; nil if none
    /// can.
    ///
    /// The name decides first, so that a replica gets its appliances back after a restart; while the row of its former
    /// process is there as well, only its own appliances are divided among the two.
    func owner(of appliance: String) -> String? {
        var able = replicas.filter { $0.pollable.contains(appliance) }.map(\.replica)
        if able.isEmpty { able = replicas.filter { $0.disabled.contains(appliance) }.map(\.replica) }
        let name = Self.first(Set(able.map(\.name)), for: appliance)
        return Self.first(Set(able.filter { $0.name == name }.map(\.id)), for: appliance)
    }

    private static func first(_ keys: Set<String>, for appliance: String) -> String? {
        keys.max { (weight(of: $0, for: appliance), $0) < (weight(of: $1, for: appliance), $1) }
    }

    private static func weight(of key: String, for appliance: String) -> UInt64 {
        var generator = SplitMix64(seed: 0, name: "\(key)\n\(appliance)")
        return generator.next()
    }
}
