/// The leases of a fleet: which of several replicas may count and expose an appliance.
///
/// A lease is a row of the ledger's database: it has a holder, an end, and an epoch that grows with each holder. A ledger
/// that has leases refuses, with `.leaseLost`, every write for an appliance whose lease it does not hold with the epoch
/// that it knows. So what a former holder sends is never counted, whenever it arrives.
///
/// The clock of the database decides when a lease ends. A replica measures with its own clock, from before it sent the
/// renewal: by that measure a lease ends too early rather than too late.
package protocol LeaseStore: Sendable {
    /// Identifies this replica among `replicas()`.
    var replicaID: String { get }

    /// The configured name of this replica.
    var replicaName: String { get }

    /// How long a lease lasts after it was taken or renewed.
    var leaseDuration: Duration { get }

    /// Announces this replica with the appliances that it could poll and those that it has disabled, and renews all leases
    /// that it holds.
    ///
    /// - Returns: The leases that were renewed after the call began. One that is not among them is lost. One that the
    ///   caller does not know has to be released.
    func renewLeases(pollable appliances: [String], disabled: [String]) async throws(LedgerError) -> [Lease]

    /// The replicas that announced themselves and did not leave, this one included.
    func replicas() async throws(LedgerError) -> [Replica]

    /// Takes the leases of these appliances as far as they are free; nothing may poll them yet.
    ///
    /// One that this replica holds already is free to it, and gets a new epoch: the answer of the call that took it may
    /// have been lost.
    ///
    /// - Returns: The leases that it took.
    func takeLeases(of appliances: [String]) async throws(LedgerError) -> [Lease]

    /// Gives leases back, after the polls and the exposition of these appliances have ended. Others are ignored.
    func releaseLeases(of appliances: [String]) async throws(LedgerError)

    /// Takes this replica's announcement back: from now on it gets no appliances.
    func leaveFleet() async throws(LedgerError)
}

/// The right of this replica to count and expose one appliance.
package struct Lease: Sendable, Hashable {
    package let appliance: String
    /// How often the lease has been taken.
    package let epoch: Int64

    package init(_ appliance: String, epoch: Int64) {
        self.appliance = appliance
        self.epoch = epoch
    }
}

/// One exporter of a fleet, as the others see it.
package struct Replica: Sendable, Hashable {
    /// Different in every process.
    package let id: String
    /// The same after a restart.
    package let name: String
    /// The appliances that it could poll: files reach replicas at different times.
    package let appliances: [String]
    /// The appliances that its configuration disables.
    package let disabled: [String]
    /// Since its last announcement, by the clock of the database.
    package let secondsSilent: Double

    package init(id: String, name: String, appliances: [String], disabled: [String] = [], secondsSilent: Double) {
        self.id = id
        self.name = name
        self.appliances = appliances
        self.disabled = disabled
        self.secondsSilent = secondsSilent
    }

    /// The same replica with another time since its last announcement.
    package func silent(seconds: Double) -> Replica {
        Replica(id: id, name: name, appliances: appliances, disabled: disabled, secondsSilent: seconds)
    }
}
