import Ledger
import PostgresLedger
import TestSupport
import Testing

/// Replicas find each other in the database.
@Suite struct PostgresFleetTests {
    private let store: PostgresStore

    init() async throws { store = try await PostgresStore() }

    @Test func `each replica sees the others with what they could poll, from their first renewal until they leave`()
        async throws
    {
        let first = try await store.open(replica: "r1")
        let second = try await store.open(replica: "r2")
        #expect(try await first.replicas().isEmpty)
        // Names take every character that a configuration lets pass.
        let names = ["hq", "zürich, \"west\" {1}", ""]
        _ = try await first.renewLeases(pollable: names)
        _ = try await second.renewLeases(pollable: [])
        for ledger in [first, second] {
            let replicas = try await ledger.replicas()
            #expect(Set(replicas.map(\.id)) == [first.replicaID, second.replicaID])
            let byName = Dictionary(grouping: replicas, by: \.name)
            #expect(byName["r1"]?.first?.appliances == names)
            #expect(byName["r2"]?.first?.appliances.isEmpty == true)
            #expect(replicas.allSatisfy { $0.secondsSilent >= 0 && $0.secondsSilent < 60 })
        }
        _ = try await first.renewLeases(pollable: ["hq"])
        #expect(try await second.replicas().first { $0.name == "r1" }?.appliances == ["hq"])
        try await first.leaveFleet()
        #expect(try await second.replicas().map(\.name) == ["r2"])
        _ = try await first.renewLeases(pollable: ["hq"])
        #expect(try await second.replicas().count == 2)
        try await first.close()
        #expect(try await second.replicas().map(\.name) == ["r2"])
    }

    @Test func `how long a replica is silent is measured by the clock of the database`() async throws {
        let first = try await store.open(leaseSeconds: 60, replica: "r1")
        let second = try await store.open(leaseSeconds: 60, replica: "r2")
        try await store.setLeaseClock(0)
        for ledger in [first, second] { _ = try await ledger.renewLeases(pollable: ["hq"]) }
        try await store.setLeaseClock(100)
        _ = try await second.renewLeases(pollable: ["hq"])
        try await store.setLeaseClock(130)
        let silence = try await second.replicas().map { ($0.name, $0.secondsSilent) }
        #expect(Dictionary(uniqueKeysWithValues: silence) == ["r1": 130, "r2": 30])
    }

    @Test func `what replicas leave behind that ended without a goodbye goes away`() async throws {
        let gone = try await store.open(leaseSeconds: 60, replica: "gone")
        let killed = try await store.open(leaseSeconds: 60, replica: "again")
        try await store.setLeaseClock(0)
        for ledger in [gone, killed] { _ = try await ledger.renewLeases(pollable: ["hq"]) }
        try await store.setLeaseClock(60)
        let again = try await store.open(leaseSeconds: 60, replica: "again")
        _ = try await again.renewLeases(pollable: ["hq"])
        #expect(try await again.replicas().count == 3)
        // One that restarts again and again leaves one row behind, not one for each start.
        try await store.setLeaseClock(120)
        _ = try await again.renewLeases(pollable: ["branch", "hq"])
        #expect(try await again.replicas().map(\.name).sorted() == ["again", "gone"])
        try await store.setLeaseClock(86_500)
        _ = try await again.renewLeases(pollable: ["hq"])
        #expect(try await again.replicas().map(\.id) == [again.replicaID])
        // A replica that was only away comes back with its next renewal.
        _ = try await gone.renewLeases(pollable: ["hq"])
        #expect(try await again.replicas().count == 2)
    }

    @Test func `500 leases are renewed by one statement, and others are not touched`() async throws {
        let appliances = (0..<500).map { "appliance-\($0)" }
        let ledger = try await store.open(leases: appliances)
        _ = try await store.open(leases: ["hq"])
        _ = try await ledger.renewLeases(pollable: appliances)
        try await store.query(
            """
            CREATE TABLE statements (kind text, row_count bigint);
            CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
                'BEGIN INSERT INTO public.statements SELECT TG_TABLE_NAME, count(*) FROM changed; RETURN NULL; END';
            CREATE TRIGGER note AFTER UPDATE ON darktrace_exporter.lease REFERENCING NEW TABLE AS changed
                FOR EACH STATEMENT EXECUTE FUNCTION note();
            CREATE TRIGGER note AFTER UPDATE ON darktrace_exporter.member REFERENCING NEW TABLE AS changed
                FOR EACH STATEMENT EXECUTE FUNCTION note();
            """)
        #expect(try await ledger.renewLeases(pollable: appliances).count == 500)
        #expect(
            try await store.query("SELECT kind, row_count FROM statements ORDER BY kind") == "lease|500\nmember|1")
    }
}
