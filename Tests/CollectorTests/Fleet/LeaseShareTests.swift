import Ledger
import Synchronization
import Testing

@testable import Collector

/// What a replica does with leases whose appliances it does not poll yet.
@Suite struct LeaseShareTests {
    /// A fleet of one: every lease is free until it is taken.
    private actor OnlyReplica: LeaseStore {
        nonisolated let replicaID = "r1"
        nonisolated let replicaName = "r1"
        nonisolated let leaseDuration = Duration.seconds(30)
        private(set) var held: Set<String> = []
        private(set) var released: [String] = []
        private var pollable: [String] = []

        func renewLeases(pollable appliances: [String], disabled: [String]) -> [Lease] {
            pollable = appliances
            return held.map { Lease($0, epoch: 1) }
        }

        func replicas() -> [Replica] {
            [Replica(id: replicaID, name: replicaName, appliances: pollable, secondsSilent: 0)]
        }

        func takeLeases(of appliances: [String]) -> [Lease] {
            held.formUnion(appliances)
            return appliances.map { Lease($0, epoch: 1) }
        }

        func releaseLeases(of appliances: [String]) {
            held.subtract(appliances)
            released += appliances
        }

        func leaveFleet() {}
    }

    private final class Time: Sendable {
        let nanoseconds = Atomic<Int64>(0)

        func advance(seconds: Int64) { nanoseconds.add(seconds * 1_000_000_000, ordering: .relaxed) }
    }

    private let store = OnlyReplica()
    private let table = LeaseTable()
    private let time = Time()

    private func configurations(_ names: String...) -> [PollConfiguration] {
        names.map { PollConfiguration($0, connection: ApplianceConnection(to: Script.UnreachableTransport())) }
    }

    private func share() -> LeaseShare {
        let clocks = Clocks(
            monotonicNanoseconds: { [time] in time.nanoseconds.load(ordering: .relaxed) }, wallMilliseconds: { 0 },
            sleep: { _ in })
        return LeaseShare(store, table: table, clocks: clocks)
    }

    @Test func `an appliance that is removed before its counts are read is given back, and never exposed`() async {
        var share = share()
        share.configure(configurations("branch", "hq"), disabled: [])
        await share.useDatabase(inFlight: [])
        #expect(share.nextBatch.map(\.name) == ["branch", "hq"])
        #expect(table.count == 2)
        #expect(!table.isExposed("hq"), "its counts are not read yet")

        share.configure(configurations("hq"), disabled: [])
        await share.useDatabase(inFlight: [])
        #expect(await store.released == ["branch"])
        #expect(table.count == 1)

        share.begin(share.nextBatch)
        #expect(share.assignment.map(\.name) == ["hq"])
        #expect(table.isExposed("hq") && !table.isExposed("branch"))
    }

    @Test func `a lease that ends before its counts are read is given back and taken again`() async {
        var share = share()
        share.configure(configurations("hq"), disabled: [])
        await share.useDatabase(inFlight: [])
        time.advance(seconds: 29)
        share.stopExpired()
        #expect(share.nextBatch.isEmpty)
        #expect(table.count == 0)
        await share.useDatabase(inFlight: [])
        #expect(await store.released == ["hq"])
        #expect(await store.held == ["hq"])
        #expect(share.nextBatch.map(\.name) == ["hq"])
    }

    @Test func `a single run takes what is free, and exposes it without end`() async throws {
        let taken = try await LeaseManager.takeOnce(configurations("branch", "hq"), store, table: table)
        #expect(taken.map(\.name) == ["branch", "hq"])
        #expect(table.exposed == ["branch", "hq"])
        #expect(table.end(of: "hq") == .distantFuture)
    }
}
