/// Digests that are remembered, the newest hundred.
struct AuthCache {
    /// As exporter-toolkit has it.
    static let limit = 100

    private var known: Set<[UInt8]> = []
    private var order: [[UInt8]] = []
    private var next = 0

    func contains(_ digest: [UInt8]) -> Bool { known.contains(digest) }

    mutating func insert(_ digest: [UInt8]) {
        guard known.insert(digest).inserted else { return }
        if order.count < Self.limit {
            order.append(digest)
        } else {
            known.remove(order[next])
            order[next] = digest
            next = (next + 1) % Self.limit
        }
    }
}
