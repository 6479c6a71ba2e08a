import Synchronization

/// Who exposed which appliance when, as several requests a second to each replica found it.
final class ExposureLog: Sendable {
    /// A complete response of a replica to one request.
    struct Observation: Sendable {
        let replica: Int
        /// Seconds since the log was begun, when the request was sent: the time that Prometheus gives to samples.
        let start: Double
        /// When the response was complete.
        let end: Double
        /// The epochs of the exposed leases, by appliance.
        let epochs: [String: Int64]
        /// The appliances in the labels of any series.
        let appliances: Set<String>
        /// Whether the database answers the replica.
        let isConnected: Bool
    }

    /// One appliance, exposed by one replica under one epoch.
    private struct Exposure {
        let replica: Int
        let epoch: Int64
        let start: Double
        let end: Double
    }

    /// How long an appliance was exposed by no replica because of a fault.
    struct Gap: Sendable {
        let appliance: String
        /// Between the last request that was answered with it before, and the first one after.
        let seconds: Double
        /// Between the fault and that request.
        let sinceFault: Double
    }

    private let clock = ContinuousClock()
    private let beginning = ContinuousClock.now
    private let observations = Mutex<[Observation]>([])

    /// Seconds since the log was begun.
    var now: Double { (clock.now - beginning) / .seconds(1) }

    var count: Int { observations.withLock { $0.count } }

    func append(_ observation: Observation) { observations.withLock { $0.append(observation) } }

    /// The newest observation of each replica whose request was sent after this.
    func newest(since time: Double) -> [Int: Observation] {
        observations.withLock { observations in
            var newest: [Int: Observation] = [:]
            for observation in observations.reversed().prefix(200) where observation.start >= time {
                if newest[observation.replica] == nil { newest[observation.replica] = observation }
            }
            return newest
        }
    }

    /// Sentences about appliances that a replica exposed after another one had begun to.
    func doubleExposures() -> [String] {
        byAppliance().flatMap { appliance, exposures in
            var newest: Exposure?
            return exposures.compactMap { exposure -> String? in
                defer { if newest.map({ $0.epoch < exposure.epoch }) ?? true { newest = exposure } }
                guard let newest, newest.replica != exposure.replica, newest.epoch >= exposure.epoch else { return nil }
                return """
                    \(appliance): replica \(newest.replica) exposed epoch \(newest.epoch) in a request at \
                    \(newest.start)-\(newest.end), replica \(exposure.replica) epoch \(exposure.epoch) in one at \
                    \(exposure.start)-\(exposure.end)
                    """
            }
        }
    }

    /// Sentences about bodies with series of an appliance whose lease they do not show, or without those of one that
    /// they do.
    func inconsistentBodies() -> [String] {
        observations.withLock { observations in
            observations.filter { $0.appliances != Set($0.epochs.keys) }.map {
                "replica \($0.replica) at \($0.start): series of \($0.appliances.sorted()), leases \($0.epochs)"
            }
        }
    }

    /// The gaps of the appliances that a replica exposed at the time of its fault, until their leases had a new epoch.
    func handovers(from replica: Int, at fault: Double) -> [Gap] {
        byAppliance().compactMap { appliance, exposures in
            guard let before = exposures.last(where: { $0.start < fault }), before.replica == replica,
                let next = exposures.firstIndex(where: { $0.start >= fault && $0.epoch > before.epoch }), next > 0
            else { return nil }
            let after = exposures[next].start
            return Gap(appliance: appliance, seconds: after - exposures[next - 1].start, sinceFault: after - fault)
        }
    }

    /// The longest gap of each appliance that ended between a fault and now.
    func longestGaps(since fault: Double) -> [Gap] {
        byAppliance().compactMap { appliance, exposures in
            zip(exposures, exposures.dropFirst()).filter { $0.1.start >= fault }.map { before, after in
                Gap(appliance: appliance, seconds: after.start - before.start, sinceFault: after.start - fault)
            }.max { $0.seconds < $1.seconds }
        }
    }

    private func byAppliance() -> [String: [Exposure]] {
        var exposures: [String: [Exposure]] = [:]
        for observation in observations.withLock({ $0 }).sorted(by: { $0.start < $1.start }) {
            for (appliance, epoch) in observation.epochs {
                exposures[appliance, default: []].append(
                    Exposure(
                        replica: observation.replica, epoch: epoch, start: observation.start, end: observation.end))
            }
        }
        return exposures
    }
}
