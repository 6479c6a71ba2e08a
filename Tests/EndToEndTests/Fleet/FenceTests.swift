import Foundation
import TestSupport
import Testing

/// Replicas that go on counting after others have taken their leases, with the fence and without it.
@Suite(.ownThread) struct FenceTests {
    /// The condition of the fence in the statement that begins every transaction.
    private static let condition = "AND holder = $2 AND epoch = $3 AND connection = $4"

    @Test(.timeLimit(.minutes(10)), arguments: [true, false])
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

        // The clock of the database steps forward: each replica finds the leases of the other over and takes them, while
        // those that it held last by its own clock until it renews them, twenty seconds after the last renewal.
        try await fleet.awaitRenewals()
        // Slow commits overlap more often.
        try await fleet.server.query(
            """
            CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN PERFORM pg_catalog.pg_sleep(0.1); RETURN NULL; END';
            CREATE TRIGGER slow AFTER INSERT ON darktrace_exporter.seen_record EXECUTE FUNCTION public.slow();
            CREATE OR REPLACE FUNCTION darktrace_exporter.lease_time() RETURNS timestamptz LANGUAGE sql
            AS 'SELECT pg_catalog.clock_timestamp() + interval ''240 s'''
            """, in: fleet.database)
        try fleet.simulator.call("/-/resume")
        try await eventually("both replicas losing leases", seconds: 120, seen: { fleet.log(of: 0) }) {
            (0..<2).allSatisfy { fleet.log(of: $0).contains("Lost leases") }
        }
        try fleet.simulator.call("/-/pause")
        try await fleet.awaitSettled("the clock's step")
        if isFenced {
            #expect(try await fleet.awaitTruth() > before)
        } else {
            #expect(fleet.relays.contains { $0.replacements > 0 }, "the statement of the fence was found")
            // What was listed at the pause is polled at least once more.
            let oracle = try fleet.names.reduce(0) { try $0 + fleet.simulator.oracle($1, from: 0).total }
            var counted = 0.0
            try await eventually("more than \(oracle) breaches", seen: { "\(counted)" }) {
                counted = try fleet.scrape().sum("darktrace_model_breaches_total")
                return counted > Double(oracle)
            }
            print("fleet: without the fence \(Int(counted)) of \(oracle) breaches are counted")
        }
    }
}

extension Fleet {
    /// Awaits an instant within half an interval after all replicas have renewed their leases.
    fileprivate func awaitRenewals() async throws {
        let sql = "SELECT count(*) FROM darktrace_exporter.member WHERE heartbeat > clock_timestamp() - interval '10 s'"
        let deadline = log.now + 120
        while try await server.query(sql, in: database) != "\(running.count)" {
            try #require(log.now < deadline, "the replicas renew at different times")
            try await Task.sleep(for: .milliseconds(200))
        }
    }
}
