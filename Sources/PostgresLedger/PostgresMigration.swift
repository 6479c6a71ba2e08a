import Ledger

/// One step of the schema in PostgreSQL, from the version before to this one.
///
/// A released migration never changes. Each one only adds, with defaults for what older versions do not write: while
/// replicas are updated one after the other, those of the version before keep committing.
package struct PostgresMigration: Sendable {
    /// From 1, without gaps.
    package let version: Int64
    /// The oldest version of the schema whose program still works with this one.
    let oldestCompatible: Int64
    package let sql: String

    package init(version: Int64, oldestCompatible: Int64, sql: String) {
        self.version = version
        self.oldestCompatible = oldestCompatible
        self.sql = sql
    }

    /// All of them, oldest first.
    package static let all = [PostgresMigration(version: 1, oldestCompatible: 1, sql: first)]

    /// The key of the advisory lock of a migration: the letters "DTXL".
    package static let lock: Int64 = 0x4454_584c

    /// How long the migration of another process is waited for.
    private static let lockSeconds = 60.0

    /// Brings the schema to the last of `migrations`, in one transaction.
    ///
    /// Without a change of the schema nothing is asked for that needs more than the rights to read and write.
    static func run(
        _ migrations: [PostgresMigration], on connection: PostgresConnection, at location: DatabaseLocation
    ) throws(PostgresError) -> LedgerError? {
        guard let refusal = try refusal(migrations, on: connection, at: location) else { return nil }
        guard refusal.reason == .older else { return refusal }
        try connection.transaction { () throws(PostgresError) in
            // Replicas that start at the same time wait for the first one; the lock ends with the transaction.
            try connection.run(
                "SELECT pg_catalog.pg_advisory_xact_lock($1)", [.integer(lock)], seconds: lockSeconds)
            let version = try versions(on: connection).version
            for migration in migrations where migration.version > version {
                try connection.execute(migration.sql, seconds: lockSeconds)
                try connection.run(
                    "INSERT INTO darktrace_exporter.migration (version, oldest_compatible) VALUES ($1, $2)",
                    [.integer(migration.version), .integer(migration.oldestCompatible)])
            }
        }
        return nil
    }

    /// Why a program that knows these migrations cannot use the schema as it is; nil if it can.
    static func refusal(
        _ migrations: [PostgresMigration], on connection: PostgresConnection, at location: DatabaseLocation
    ) throws(PostgresError) -> LedgerError? {
        let known = migrations.last?.version ?? 0
        let found = try versions(on: connection)
        if found.oldestCompatible > known {
            return LedgerError(.newer, location, "schema \(found.version), this version knows \(known)")
        }
        return found.version < known ? LedgerError(.older, location, "schema \(found.version)") : nil
    }

    /// The version of the schema, and the oldest one whose program works with it; 0 without a schema.
    private static func versions(
        on connection: PostgresConnection
    ) throws(PostgresError) -> (version: Int64, oldestCompatible: Int64) {
        // A look-up of the name, as by `to_regclass`, may answer from before the wait for another one's migration.
        let table = try connection.run(
            """
            SELECT EXISTS (
                SELECT FROM pg_catalog.pg_class AS class
                JOIN pg_catalog.pg_namespace AS schema ON schema.oid = class.relnamespace
                WHERE schema.nspname = 'darktrace_exporter' AND class.relname = 'migration')
            """)
        guard table.truth(0, 0) else { return (0, 0) }
        let versions = try connection.run(
            """
            SELECT coalesce(pg_catalog.max(version), 0), coalesce(pg_catalog.max(oldest_compatible), 0)
            FROM darktrace_exporter.migration
            """)
        return (versions.integer(0, 0), versions.integer(0, 1))
    }

    /// Version 1: rows, seen records and checkpoints of any feed, the URLs of appliances, their leases, and the
    /// replicas of the fleet.
    ///
    /// `labels` and `metadata` are a `NetstringList`, as `bytea` because a label can hold every character, 0 included.
    /// `part` is -1 for a value, -2 for a sum, else the index of a bucket. Names sort by their bytes, as in SQLite.
    private static let first = """
        CREATE SCHEMA IF NOT EXISTS darktrace_exporter;

        CREATE TABLE darktrace_exporter.migration (
            version bigint PRIMARY KEY,
            oldest_compatible bigint NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
        );

        CREATE TABLE darktrace_exporter.feed (
            number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            appliance text COLLATE "C" NOT NULL,
            name text COLLATE "C" NOT NULL,
            start_ms bigint NOT NULL,
            cursor_ms bigint NOT NULL,
            is_complete boolean NOT NULL,
            metadata bytea NOT NULL,
            UNIQUE (appliance, name)
        );

        -- An index entry has at most 2 700 bytes, and labels have no limit.
        CREATE TABLE darktrace_exporter.ledger_row (
            feed bigint NOT NULL,
            family text COLLATE "C" NOT NULL,
            labels bytea NOT NULL,
            labels_hash bytea NOT NULL GENERATED ALWAYS AS (sha256(labels)) STORED,
            part bigint NOT NULL,
            counted double precision NOT NULL,
            exposed double precision NOT NULL,
            is_held boolean NOT NULL,
            newest_id bigint,
            newest_ms bigint,
            newest_value double precision,
            created_ms bigint NOT NULL,
            PRIMARY KEY (feed, family, labels_hash, part)
        );

        -- One id may identify several records, each with its own time.
        CREATE TABLE darktrace_exporter.seen_record (
            feed bigint NOT NULL,
            id bigint NOT NULL,
            ms bigint NOT NULL,
            PRIMARY KEY (feed, id, ms)
        );
        CREATE INDEX seen_record_by_age ON darktrace_exporter.seen_record (feed, ms);

        CREATE TABLE darktrace_exporter.appliance (
            name text COLLATE "C" PRIMARY KEY,
            url text NOT NULL
        );

        -- `epoch` grows with each holder, `connection` with each connection of a holder; `seconds` is how long it lasts.
        CREATE TABLE darktrace_exporter.lease (
            appliance text COLLATE "C" PRIMARY KEY,
            holder text,
            epoch bigint NOT NULL DEFAULT 0,
            connection bigint NOT NULL DEFAULT 0,
            seconds double precision NOT NULL DEFAULT 0,
            expires timestamptz NOT NULL DEFAULT '-infinity'
        ) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

        CREATE TABLE darktrace_exporter.member (
            id text COLLATE "C" PRIMARY KEY,
            name text NOT NULL,
            appliances text[] NOT NULL,
            disabled text[] NOT NULL,
            heartbeat timestamptz NOT NULL
        ) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

        -- The one clock of leases, which tests replace.
        CREATE FUNCTION darktrace_exporter.lease_time() RETURNS timestamptz
            LANGUAGE sql VOLATILE AS 'SELECT pg_catalog.clock_timestamp()';
        """
}
