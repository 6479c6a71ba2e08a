package import Ledger

/// A ledger in PostgreSQL as the `state` commands see and change it.
package struct PostgresState: StoredCounts {
    package let location: DatabaseLocation
    private let connection: PostgresConnection

    /// Connects to a database that has a ledger; nothing is created or migrated.
    ///
    /// - Throws: `LedgerError` for a database that does not answer, or has no ledger that this version knows.
    package init(_ configuration: PostgresConfiguration) throws(LedgerError) {
        let connector = try PostgresConnector(configuration)
        location = connector.location
        connection = try connector.connect()
        var refusal: LedgerError?
        do throws(PostgresError) {
            refusal = try PostgresMigration.refusal(PostgresMigration.all, on: connection, at: location)
        } catch {
            throw error.ledgerError(at: location)
        }
        if let refusal { throw refusal }
    }

    package func isInUse() throws(LedgerError) -> Bool {
        try holders()?.isEmpty == false
    }

    package func holders() throws(LedgerError) -> [String: String]? {
        try read { () throws(PostgresError) in try LeaseStatements.holders(on: connection) }
    }

    /// The size of the tables and their indexes.
    package func bytes() throws(LedgerError) -> Int64 {
        try read { () throws(PostgresError) in
            try connection.run(
                """
                SELECT coalesce(sum(pg_catalog.pg_total_relation_size(oid))::bigint, 0) FROM pg_catalog.pg_class
                WHERE relnamespace = 'darktrace_exporter'::pg_catalog.regnamespace AND relkind = 'r'
                """
            ).integer(0, 0)
        }
    }

    package func appliances() throws(LedgerError) -> [StoredAppliance] {
        try read { () throws(PostgresError) in
            let urls = try FeedStatements.urls(on: connection)
            let found = try connection.run(
                """
                SELECT appliance, name, start_ms, cursor_ms, is_complete,
                    (SELECT count(*) FROM darktrace_exporter.ledger_row WHERE feed = number),
                    (SELECT count(*) FROM darktrace_exporter.seen_record WHERE feed = number)
                FROM darktrace_exporter.feed ORDER BY appliance, name
                """, seconds: 60)
            var appliances: [StoredAppliance] = []
            for row in 0..<found.count {
                let name = found.text(row, 0)
                if appliances.last?.name != name {
                    appliances.append(StoredAppliance(name: name, url: urls[name]))
                }
                appliances[appliances.count - 1].feeds.append(
                    StoredFeed(
                        FeedKey(appliance: name, feed: found.text(row, 1)),
                        FeedCheckpoint(
                            startMilliseconds: found.integer(row, 2), cursorMilliseconds: found.integer(row, 3),
                            isComplete: found.truth(row, 4)),
                        rows: Int(found.integer(row, 5)), seenRecords: Int(found.integer(row, 6))))
            }
            return appliances
        }
    }

    /// What cannot be read; PostgreSQL itself has checksums of its pages.
    package func findings() throws(LedgerError) -> [String] {
        try read { () throws(PostgresError) in
            var findings: [String] = []
            for key in try FeedStatements.keys(on: connection) {
                do throws(PostgresError) {
                    guard let found = try FeedStatements.checkpoint(key, on: connection) else { continue }
                    try RowStatements.eachRow(of: found.number, on: connection) { _ in }
                } catch {
                    guard error.kind == .damaged else { throw error }
                    findings.append("\(key.appliance), \(key.feed): \(error.message)")
                }
            }
            return findings
        }
    }

    package func rename(_ appliance: String, to name: String) throws(LedgerError) {
        try change([appliance, name]) { () throws(PostgresError) in
            guard try count(appliance) > 0 else { return (.unknownAppliance, appliance) }
            guard try count(name) == 0 else { return (.nameTaken, name) }
            try connection.run("DELETE FROM darktrace_exporter.appliance WHERE name = $1", [.text(name)])
            for (table, column) in [("feed", "appliance"), ("appliance", "name")] {
                try connection.run(
                    "UPDATE darktrace_exporter.\(table) SET \(column) = $2 WHERE \(column) = $1",
                    [.text(appliance), .text(name)])
            }
            return nil
        }
    }

    package func forget(_ appliance: String) throws(LedgerError) {
        try change([appliance]) { () throws(PostgresError) in
            guard try count(appliance) > 0 else { return (.unknownAppliance, appliance) }
            for table in ["ledger_row", "seen_record"] {
                try connection.run(
                    """
                    DELETE FROM darktrace_exporter.\(table)
                    USING darktrace_exporter.feed WHERE feed.number = \(table).feed AND feed.appliance = $1
                    """, [.text(appliance)], seconds: 60)
            }
            try connection.run("DELETE FROM darktrace_exporter.feed WHERE appliance = $1", [.text(appliance)])
            try connection.run("DELETE FROM darktrace_exporter.appliance WHERE name = $1", [.text(appliance)])
            return nil
        }
    }

    private func count(_ appliance: String) throws(PostgresError) -> Int64 {
        try connection.run(
            "SELECT count(*) FROM darktrace_exporter.feed WHERE appliance = $1", [.text(appliance)]
        ).integer(0, 0)
    }

    private func read<Result>(_ body: () throws(PostgresError) -> Result) throws(LedgerError) -> Result {
        do throws(PostgresError) {
            return try body()
        } catch {
            throw error.ledgerError(at: location)
        }
    }

    /// Changes what is stored of appliances that no exporter polls, the first of which is gone afterwards.
    ///
    /// - Parameter body: Returns why it refused, before it changed anything, and what.
    private func change(
        _ appliances: [String], _ body: () throws(PostgresError) -> (LedgerError.Reason, String)?
    ) throws(LedgerError) {
        var refusal: (reason: LedgerError.Reason, detail: String)?
        do throws(PostgresError) {
            try LeaseStatements.limitEnds(of: appliances, on: connection)
            try connection.transaction { () throws(PostgresError) in
                // Each commit of an exporter locks one of them first, so none is halfway.
                try LeaseStatements.lock(appliances, on: connection)
                refusal = try polled(appliances)
                if refusal == nil { refusal = try body() }
                // Rolls back what was locked: the names may be wrong.
                guard refusal == nil else { throw PostgresError(.refused, "") }
                try LeaseStatements.revoke(appliances, on: connection)
                try LeaseStatements.remove(appliances[0], on: connection)
            }
        } catch {
            throw refusal.map { LedgerError($0.reason, location, $0.detail) } ?? error.ledgerError(at: location)
        }
    }

    private func polled(_ appliances: [String]) throws(PostgresError) -> (LedgerError.Reason, String)? {
        let holders = try LeaseStatements.holders(of: appliances, on: connection)
        return holders.min { $0.key < $1.key }.map { (.leased, "\($0.key) is polled by \($0.value)") }
    }
}
