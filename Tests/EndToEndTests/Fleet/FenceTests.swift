import Foundation
import TestSupport
import Testing

/// Replicas that go on counting after others have taken their leases, with the fence and without it.
@Suite(.ownThread) struct FenceTests {
    /// The condition of the fence in the statement that begins every transaction.
    private static let condition = "AND holder = $2 AND epoch = $3 AND connection = $4"

    @Test(.timeLimit(.minutes(15)), arguments: [true, false])
    func `counts are exact with the fence, and without it this very test finds too many`(isFenced: Bool) async throws {
        var setup = Fleet.Setup(replicas: 2, appliances: 8, rate: 1_000_000, lease: "2m")
        setup.global["poll_interval"] = "1s"
        setup.global["new_series_hold"] = "0s"
        if !isFenced {
            // Numbered parameters have to remain in use.
            setup.replacement = Relay.Replacement(Self.condition, by: "AND ($2 <> '' OR $3 < 1 OR $4 < 1)")
        }
        let fleet = try await Fleet(setup)
        try fleet.startAll()
        let before = try await fleet.awaitTruth()
        try await fleet.awaitSettled("the start")
        // Slow commits overlap more often.
        try await fleet.server.query(
            """
            CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN PERFORM pg_catalog.pg_sleep(0.5); RETURN NULL; END';
            CREATE TRIGGER slow AFTER INSERT ON darktrace_exporter.seen_record EXECUTE FUNCTION public.slow();
            """, in: fleet.database)
        try await overlap(fleet, step: 1)
        if isFenced {
            #expect(try await fleet.awaitTruth() > before)
            return
        }
        var excess = try await excess(fleet)
        for step in 2...5 where excess == 0 {
            try await overlap(fleet, step: step)
            excess = try await self.excess(fleet)
        }
        #expect(fleet.relays.contains { $0.replacements > 0 }, "the statement of the fence was found")
        #expect(excess > 0, "without the fence this comparison fails")
        print("fleet: without the fence \(excess) breaches are counted twice")
    }

    /// Lets both replicas poll the same appliances for ten to twenty seconds.
    ///
    /// The clock of the database steps forward: each replica finds the leases of the other over and takes them, while those
    /// that it held last by its own clock until it renews them, twenty seconds after the last renewal.
    private func overlap(_ fleet: Fleet, step: Int) async throws {
        func losses() -> [Int] { (0..<2).map { fleet.log(of: $0).ranges(of: "Lost leases").count } }
        try await fleet.awaitRenewals()
        let before = losses()
        try await fleet.server.query(
            """
            CREATE OR REPLACE FUNCTION darktrace_exporter.lease_time() RETURNS timestamptz LANGUAGE sql
            AS 'SELECT pg_catalog.clock_timestamp() + interval ''\(240 * step) s'''
            """, in: fleet.database)
        try fleet.simulator.call("/-/resume")
        try await eventually("both replicas losing leases", seconds: 120, seen: { fleet.log(of: 0) }) {
            zip(losses(), before).allSatisfy { $0 > $1 }
        }
        try fleet.simulator.call("/-/pause")
        try await fleet.awaitSettled("the clock's step")
    }

    /// How many more breaches are counted than there are, of a simulator that pauses.
    private func excess(_ fleet: Fleet) async throws -> Int {
        let oracle = try fleet.names.reduce(0) { try $0 + fleet.simulator.oracle($1, from: 0).total }
        var counted = 0
        // Each appliance is polled at least once after the pause.
        let isComplete = try await eventually(seconds: 120, pause: .milliseconds(500)) {
            counted = try Int(fleet.scrape().sum("darktrace_model_breaches_total"))
            return counted >= oracle
        }
        #expect(isComplete, "\(counted) of \(oracle)")
        return counted - oracle
    }
}

extension Fleet {
    /// Awaits an instant within half an interval after all replicas have renewed their leases.
    fileprivate func awaitRenewals() async throws {
        let now = "darktrace_exporter.lease_time()"
        let sql = "SELECT count(*) FROM darktrace_exporter.member WHERE heartbeat > \(now) - interval '10 s'"
        let deadline = log.now + 120
        while try await server.query(sql, in: database) != "\(running.count)" {
            try #require(log.now < deadline, "the replicas renew at different times")
            try await Task.sleep(for: .milliseconds(200))
        }
    }
}
