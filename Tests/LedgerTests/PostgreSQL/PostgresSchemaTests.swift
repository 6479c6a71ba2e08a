import Ledger
import PostgresLedger
import TestSupport
import Testing

@Suite struct PostgresSchemaTests {
    private let store: PostgresStore

    init() async throws { store = try await PostgresStore() }

    /// A version to come, which adds.
    private static let next = PostgresMigration(
        version: 2, oldestCompatible: 1,
        sql: """
            ALTER TABLE darktrace_exporter.feed ADD COLUMN more bigint NOT NULL DEFAULT 7;
            ALTER TABLE darktrace_exporter.ledger_row ADD COLUMN more text;
            CREATE TABLE darktrace_exporter.addition (name text PRIMARY KEY);
            """)

    /// A new replica; it takes the lease from none that has not given it back.
    private func open(
        _ migrations: [PostgresMigration] = PostgresMigration.all, user: String = "postgres"
    ) async throws -> PostgresLedger {
        let ledger = try PostgresLedger(
            store.configuration(user: user), executor: LedgerQueue(), migrations: migrations)
        _ = try await ledger.takeLeases(of: ["hq"])
        return ledger
    }

    @Test func `replicas that start at the same time create the schema once`() async throws {
        let results = await withTaskGroup { group in
            for _ in 0..<8 {
                group.addTask { @concurrent [store] () -> LedgerError? in
                    do {
                        try await PostgresLedger(store.configuration(), executor: LedgerQueue()).close()
                        return nil
                    } catch { return error as? LedgerError }
                }
            }
            return await group.reduce(into: [LedgerError?]()) { $0.append($1) }
        }
        #expect(results.allSatisfy { $0 == nil }, "\(results)")
        #expect(try await store.query("SELECT count(*) FROM darktrace_exporter.migration") == "1")
    }

    @Test func `a program that waited for the migration of another one finds its schema`() async throws {
        let migration = try #require(PostgresMigration.all.first)
        let locks =
            """
            pg_locks JOIN pg_database ON pg_database.oid = database
            WHERE locktype = 'advisory' AND datname = current_database()
            """
        // One transaction, which goes on when another one waits for its lock.
        async let other = store.query(
            """
            SELECT pg_advisory_xact_lock(\(PostgresMigration.lock));
            DO $$ BEGIN
                FOR step IN 1..12000 LOOP
                    EXIT WHEN EXISTS (SELECT FROM \(locks) AND NOT granted);
                    PERFORM pg_sleep(0.01);
                END LOOP;
            END $$;
            \(migration.sql)
            INSERT INTO darktrace_exporter.migration (version, oldest_compatible) VALUES (1, 1);
            """)
        let isLocked = try await eventually(seconds: 100) {
            try await store.query("SELECT count(*) FROM \(locks) AND granted") == "1"
        }
        #expect(isLocked)
        try await open().close()
        _ = try await other
        #expect(try await store.query("SELECT count(*) FROM darktrace_exporter.migration") == "1")
    }

    @Test func `a program of the version before keeps committing under a newer schema, and starts with it`()
        async throws
    {
        let old = try await open()
        try await old.commit(Sample.batch(1))
        // A rolling update: the newer program migrates, and both are members of the fleet.
        let new = try await open(PostgresMigration.all + [Self.next])
        #expect(try await store.query("SELECT max(version) FROM darktrace_exporter.migration") == "2")
        try await old.commit(Sample.batch(2))
        #expect(try await old.renewLeases(pollable: ["hq"]).map(\.appliance) == ["hq"])
        #expect(try await new.renewLeases(pollable: ["hq"]).isEmpty)
        #expect(try await old.replicas().count == 2)
        try await old.close()
        let again = try await open()
        try await again.commit(Sample.batch(3))
        try await again.close()
        #expect(try await new.takeLeases(of: ["hq"]).map(\.epoch) == [3])
        try await new.commit(Sample.batch(4))
        #expect(try await Sample.steps(in: new) == 4)
        #expect(try await store.query("SELECT more FROM darktrace_exporter.feed") == "7")
    }

    @Test func `a schema that is no longer compatible is refused`() async throws {
        let breaking = PostgresMigration(version: 2, oldestCompatible: 2, sql: "SELECT 1")
        try await open(PostgresMigration.all + [breaking]).close()
        let error = await #expect(throws: LedgerError.self) { _ = try await open() }
        #expect(error?.reason == .newer)
    }

    @Test func `a migration that fails leaves the schema as it was`() async throws {
        try await open().close()
        let broken = PostgresMigration(
            version: 2, oldestCompatible: 1,
            sql: "CREATE TABLE darktrace_exporter.half (a int); SELECT * FROM darktrace_exporter.nothing")
        await #expect(throws: LedgerError.self) { _ = try await open(PostgresMigration.all + [broken]) }
        #expect(try await store.query("SELECT to_regclass('darktrace_exporter.half') IS NULL") == "t")
        try await open().commit(Sample.batch(1))
    }

    @Test func `a role that may only read and write is enough once the schema is there`() async throws {
        let role = "role_" + store.database
        try await store.query("CREATE ROLE \(role) LOGIN")
        let refused = await #expect(throws: LedgerError.self) { _ = try await open(user: role) }
        #expect(refused?.reason == .permission)
        #expect("\(try #require(refused))".contains("docs/state.md"))
        try await open().close()
        // As the documentation says.
        try await store.query(
            """
            GRANT USAGE ON SCHEMA darktrace_exporter TO \(role);
            GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA darktrace_exporter TO \(role);
            """)
        let ledger = try await open(user: role)
        var batch = Sample.batch(1)
        batch.forgetBeforeMilliseconds = -1
        try await ledger.commit(batch)
        try await ledger.recordURL("https://hq", of: "hq")
        try await ledger.release([Sample.count], in: Sample.key)
        #expect(try await ledger.renewLeases(pollable: ["hq"]).count == 1)
        #expect(try await ledger.replicas().map(\.appliances) == [["hq"]])
        try await ledger.leaveFleet()
        let state = try PostgresState(store.configuration(user: role))
        #expect(try state.holders()?.keys.sorted() == ["hq"])
        #expect(try await Sample.steps(in: ledger) == 1)
        try await ledger.close()
        try state.rename("hq", to: "new")
        try state.forget("new")
    }

    @Test func `a schema of that name that is not ours is left as it is`() async throws {
        try await store.query("CREATE SCHEMA darktrace_exporter; CREATE TABLE darktrace_exporter.feed (a int)")
        let error = await #expect(throws: LedgerError.self) { _ = try await open() }
        #expect(error?.reason == .foreign)
        #expect(try await store.query("SELECT count(*) FROM pg_tables WHERE schemaname = 'darktrace_exporter'") == "1")
    }

    @Test func `settings of the role change nothing`() async throws {
        try await store.query(
            """
            CREATE SCHEMA decoy; CREATE TABLE decoy.feed (a int);
            CREATE FUNCTION decoy.sha256(bytea) RETURNS bytea LANGUAGE sql IMMUTABLE AS 'SELECT ''x''::bytea';
            ALTER DATABASE \(store.database) SET search_path = decoy, pg_catalog;
            ALTER DATABASE \(store.database) SET default_transaction_isolation = 'serializable';
            ALTER DATABASE \(store.database) SET extra_float_digits = -5;
            ALTER DATABASE \(store.database) SET bytea_output = 'escape';
            ALTER DATABASE \(store.database) SET standard_conforming_strings = off;
            ALTER DATABASE \(store.database) SET synchronous_commit = off;
            ALTER DATABASE \(store.database) SET DateStyle = 'German';
            """)
        let ledger = try await open()
        let value = 0.1 + 0.2
        let key = RowKey(family: "f", labels: ["\u{0}\\é'"])
        let change = RowUpdate(key: key, operation: .add(value), holdsNewSeries: true, createdMilliseconds: 1)
        try await ledger.commit(WriteBatch(key: Sample.key, changes: [change], checkpoint: Sample.batch(1).checkpoint))
        try await ledger.release([key], in: Sample.key)
        let row = try #require(try await ledger.rows(Sample.key).first)
        #expect(row.key == key && row.value == value && row.exposedValue == value)
    }
}
