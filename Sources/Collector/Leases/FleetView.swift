import Ledger

/// Which other replicas live, as this one can judge it.
struct FleetView {
    private let leaseDuration: Duration
    /// The ids of the last judgement.
    private var living: Set<String> = []
    private var lastRenewal: MonotonicInstant?
    /// Until then no replica is taken for dead.
    private var judgesFrom: MonotonicInstant?

    init(leaseDuration: Duration) { self.leaseDuration = leaseDuration }

    /// Records a renewal that succeeded.
    ///
    /// After an interruption of its own the replica may be the first to be back: the others are as silent as it was, and
    /// get as long as a lease lasts.
    mutating func renewed(at now: MonotonicInstant, interval: Duration) {
        if let lastRenewal, now - lastRenewal > interval * 2 { judgesFrom = now + leaseDuration }
        lastRenewal = now
    }

    /// Those of the listed replicas that live. One that is not listed any more has left.
    mutating func judge(_ replicas: [Replica], itself: String, at now: MonotonicInstant) -> [Replica] {
        let isJudging = judgesFrom.map { now >= $0 } ?? true
        let alive = replicas.filter { replica in
            replica.id == itself || replica.secondsSilent < leaseDuration.inSeconds
                || (!isJudging && living.contains(replica.id))
        }
        living = Set(alive.map(\.id))
        return alive
    }
}
