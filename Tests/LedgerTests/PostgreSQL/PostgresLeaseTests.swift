import Foundation
import Ledger
import PostgresLedger
import TestSupport
import Testing

/// Several replicas share a database, and each appliance has one holder.
@Suite struct PostgresLeaseTests {
    private let store: PostgresStore

    init() async throws { store = try await PostgresStore() }

    @Test func `what one replica holds no other one gets, and each one counts what it holds`() async throws {
        let first = try await store.open()
        let second = try await store.open()
        #expect(try await first.takeLeases(of: ["branch", "hq"]).map(\.epoch) == [1, 1])
        #expect(try await second.takeLeases(of: ["hq", "lab"]) == [Lease("lab", epoch: 1)])
        try await first.commit(Sample.batch(1))
        try await expectLost("hq") { try await second.commit(Sample.batch(2)) }
        // It can be used for what it holds.
        try await second.commit(Sample.batch(1, key: FeedKey(appliance: "lab", feed: "modelbreaches")))
        #expect(try await Sample.steps(in: second) == 1)
    }

    @Test func `every write needs the lease, and nothing of one that lacks it is stored`() async throws {
        let ledger = try await store.open(leases: ["hq"])
        try await ledger.commit(Sample.batch(1))
        let branch = FeedKey(appliance: "branch", feed: "modelbreaches")
        try await expectLost("branch") { try await ledger.commit(Sample.batch(1, key: branch)) }
        try await expectLost("branch") {
            try await ledger.commit([Sample.batch(2), Sample.batch(1, key: branch)], urls: [:])
        }
        try await expectLost("branch") { try await ledger.commit([Sample.batch(2)], urls: ["branch": "https://b"]) }
        try await expectLost("branch") { try await ledger.release([Sample.count], in: branch) }
        try await expectLost("branch") { try await ledger.recordURL("https://b", of: "branch") }
        #expect(try await Sample.steps(in: ledger) == 1)
        #expect(try await ledger.keys() == [Sample.key])
        #expect(try await ledger.urls().isEmpty)
        try await ledger.commit(Sample.batch(2))
    }

    @Test func `replicas that take at the same time get disjoint leases, and all of them together`() async throws {
        let appliances = (0..<40).map { "appliance-\($0)" }
        var replicas: [PostgresLedger] = []
        for _ in 0..<4 { replicas.append(try await store.open()) }
        let taken = try await withThrowingTaskGroup { group in
            for (index, replica) in replicas.enumerated() {
                group.addTask { @concurrent in
                    // Each in another order.
                    try await replica.takeLeases(of: appliances.shuffled(by: UInt64(index)))
                }
            }
            return try await group.reduce(into: [Lease]()) { $0 += $1 }
        }
        // A row that another one has locked is left for the next time.
        let missing = Set(appliances).subtracting(taken.map(\.appliance))
        let rest = try await replicas[0].takeLeases(of: missing.sorted())
        #expect((taken + rest).map(\.appliance).sorted() == appliances.sorted())
        #expect((taken + rest).allSatisfy { $0.epoch == 1 })
    }

    @Test func `a lease that is given back is free at once, as are those of a replica that is closed`() async throws {
        let first = try await store.open(leases: ["branch", "hq", "lab"])
        let second = try await store.open()
        try await first.releaseLeases(of: ["hq", "nothing"])
        #expect(try await second.takeLeases(of: ["branch", "hq"]) == [Lease("hq", epoch: 2)])
        try await expectLost("hq") { try await first.commit(Sample.batch(1)) }
        try await first.releaseLeases(of: ["hq"])
        try await second.commit(Sample.batch(1))
        try await first.close()
        #expect(try await second.takeLeases(of: ["branch", "lab"]).map(\.epoch) == [2, 2])
        #expect(await #expect(throws: LedgerError.self) { try await first.replicas() }?.reason == .closed)
    }

    // MARK: The end of a lease

    @Test func `a replica that was silent for longer than its lease counts nothing after another one took over`()
        async throws
    {
        let second = try await store.open(leaseSeconds: 60)
        try await store.setLeaseClock(0)
        let first = try await store.open(leases: ["hq"], leaseSeconds: 60)
        try await first.commit(Sample.batch(1))
        try await store.setLeaseClock(60)
        #expect(try await second.takeLeases(of: ["hq"]).isEmpty)
        try await store.setLeaseClock(61)
        #expect(try await second.takeLeases(of: ["hq"]) == [Lease("hq", epoch: 2)])
        #expect(try await Sample.steps(in: second) == 1)
        // The first one was only stopped for a while, in the middle of a poll.
        try await expectLost("hq") { try await first.commit(Sample.batch(2)) }
        #expect(try await first.renewLeases(pollable: ["hq"]).isEmpty)
        #expect(try await Sample.steps(in: second) == 1)
        try await second.commit(Sample.batch(2))
        #expect(try await Sample.steps(in: second) == 2)
    }

    @Test func `a lease that is over is renewed if no other replica took it, and a commit renews it`() async throws {
        let second = try await store.open(leaseSeconds: 60)
        try await store.setLeaseClock(0)
        let first = try await store.open(leases: ["hq"], leaseSeconds: 60)
        try await store.setLeaseClock(61)
        #expect(try await first.renewLeases(pollable: ["hq"]) == [Lease("hq", epoch: 1)])
        try await store.setLeaseClock(120)
        try await first.commit(Sample.batch(1))
        try await store.setLeaseClock(180)
        #expect(try await second.takeLeases(of: ["hq"]).isEmpty)
        #expect(try await Sample.steps(in: first) == 1)
    }

    @Test func `after the clock of the server was set back, a lease lasts no longer than one whose holder lives`()
        async throws
    {
        let second = try await store.open(leaseSeconds: 60)
        try await store.setLeaseClock(86_400)
        let first = try await store.open(leases: ["branch", "hq"], leaseSeconds: 60)
        _ = try await first.renewLeases(pollable: ["branch", "hq"])
        try await store.setLeaseClock(0)
        // Its holder may be alive and expose the appliances, so they are not taken at once.
        #expect(try await second.takeLeases(of: ["branch", "hq"]).isEmpty)
        #expect(try await second.replicas().map(\.secondsSilent) == [0])
        try await store.setLeaseClock(30)
        try await first.commit(Sample.batch(1))
        try await store.setLeaseClock(61)
        #expect(try await second.takeLeases(of: ["branch", "hq"]).map(\.appliance) == ["branch"])
        #expect(try await second.replicas().map(\.secondsSilent) == [61])
    }

    private func expectLost(
        _ appliance: String, sourceLocation: SourceLocation = #_sourceLocation, _ write: () async throws -> Void
    ) async throws {
        let error = await #expect(throws: LedgerError.self, sourceLocation: sourceLocation) { try await write() }
        #expect(error?.reason == .leaseLost && error?.detail == appliance, sourceLocation: sourceLocation)
    }
}

extension Array {
    /// In an order that a seed determines.
    fileprivate func shuffled(by seed: UInt64) -> Self {
        var random = SeededRNG(seed: seed)
        return shuffled(using: &random)
    }
}
