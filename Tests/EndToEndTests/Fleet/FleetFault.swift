import Foundation
import TestSupport
import Testing

/// What can happen to a fleet.
enum FleetFault: String, CaseIterable {
    case pause = "SIGSTOP beyond the lease"
    case cleanStop = "clean stop"
    case databaseCrash = "immediate restart of the database"
    case kill = "SIGKILL"
    case stalledLink = "stalled link to the database"
    case scaling = "one more replica"
    case refusedLink = "refused connections to the database"
    case databaseRestart = "fast restart of the database"
}

/// How long an appliance may be exposed by no replica.
struct FleetLimits {
    /// From a crash to the exposition by another replica, in seconds.
    let crash: Double
    /// The same for a clean stop.
    let stop: Double

    /// What is promised on a machine that does nothing else.
    static func promised(lease: Double) -> Self { Self(crash: lease + 2, stop: 2) }

    /// While other tests use the same processors.
    static func shared(lease: Double) -> Self { Self(crash: lease + 30, stop: 30) }
}

/// The gaps of a run by their cause.
struct GapTable {
    private var gaps: [String: [Double]] = [:]

    mutating func add(_ cause: String, _ new: [ExposureLog.Gap]) { gaps[cause, default: []] += new.map(\.seconds) }

    var text: String {
        gaps.sorted { $0.key < $1.key }.map { cause, gaps in
            let sorted = gaps.sorted()
            func figure(_ value: Double?) -> String { value.map { String(format: "%.1f", $0) } ?? "-" }
            let figures = [sorted.first, sorted.isEmpty ? nil : sorted[sorted.count / 2], sorted.last].map(figure)
            return "fleet: \(cause): \(sorted.count) gaps, min/median/max \(figures.joined(separator: " / ")) s"
        }.joined(separator: "\n")
    }
}

extension Fleet {
    private var leaseSeconds: Double { Double(setup.lease.dropLast()) ?? 15 }

    /// Lets a fault happen to a replica, and awaits that the fleet has settled again.
    func perform(_ fault: FleetFault, on victim: Int, _ limits: FleetLimits, _ table: inout GapTable) async throws {
        let begin = log.now
        switch fault {
        case .kill:
            try stop(victim, by: SIGKILL)
            try await Task.sleep(for: .seconds(3))
            try start(victim)
            try await awaitSettled(fault.rawValue)
            expectHandovers(fault, from: victim, at: begin, within: limits.crash, &table)
        case .pause:
            send(SIGSTOP, to: victim)
            try await Task.sleep(for: .seconds(leaseSeconds + 5))
            expectHandovers(fault, from: victim, at: begin, within: limits.crash, &table)
            let end = log.now
            send(SIGCONT, to: victim)
            try await awaitSettled(fault.rawValue)
            table.add("back after \(fault.rawValue)", returns(to: victim, since: end))
        case .cleanStop:
            try stop(victim)
            try await awaitSettled(fault.rawValue)
            expectHandovers(fault, from: victim, at: begin, within: limits.stop, &table)
            try await restart(victim, after: fault, &table)
        case .scaling:
            let spare = setup.replicas
            try start(spare)
            try await awaitSettled(fault.rawValue)
            table.add(fault.rawValue, returns(to: spare, since: begin))
            let end = log.now
            try stop(spare)
            try await awaitSettled("one replica less")
            expectHandovers(.cleanStop, from: spare, at: end, within: limits.stop, &table)
        case .stalledLink:
            relays[victim].set(.stalled)
            try await Task.sleep(for: .seconds(leaseSeconds + 5))
            expectHandovers(fault, from: victim, at: begin, within: limits.crash, &table)
            let end = log.now
            relays[victim].set(.forwarding)
            try await awaitSettled(fault.rawValue)
            table.add("back after \(fault.rawValue)", returns(to: victim, since: end))
        case .refusedLink:
            relays[victim].set(.refusing)
            try await Task.sleep(for: .seconds(leaseSeconds / 3))
            relays[victim].set(.forwarding)
            try await awaitSettled(fault.rawValue)
            table.add(fault.rawValue, log.longestGaps(since: begin))
        case .databaseCrash, .databaseRestart:
            try await server.stop(fault == .databaseCrash ? .immediate : .fast)
            try await server.start()
            try await awaitSettled(fault.rawValue)
            table.add(fault.rawValue, log.longestGaps(since: begin))
        }
    }

    private func restart(_ victim: Int, after fault: FleetFault, _ table: inout GapTable) async throws {
        let begin = log.now
        try start(victim)
        try await awaitSettled("the start after \(fault.rawValue)")
        table.add("back after \(fault.rawValue)", returns(to: victim, since: begin))
    }

    /// The gaps of the appliances that have moved to a replica.
    private func returns(to replica: Int, since begin: Double) -> [ExposureLog.Gap] {
        running.subtracting([replica]).flatMap { log.handovers(from: $0, at: begin) }
    }

    private func expectHandovers(
        _ fault: FleetFault, from victim: Int, at begin: Double, within limit: Double, _ table: inout GapTable
    ) {
        let gaps = log.handovers(from: victim, at: begin)
        #expect(!gaps.isEmpty, "\(fault.rawValue): other replicas take the appliances of replica \(victim)")
        for gap in gaps where gap.sinceFault > limit {
            Issue.record("\(fault.rawValue): \(gap.appliance) was taken over after \(gap.sinceFault) s")
        }
        table.add(fault.rawValue, gaps)
    }
}
