/// One step of the schema, from the version before to this one.
///
/// A migration that was released never changes: a ledger in the field has been through it. A new one gets the next
/// number, and the tests a file made by the version before it.
package struct Migration: Sendable {
    /// From 1, without gaps; kept in the file as `PRAGMA user_version`.
    package let version: Int64
    package let sql: String

    package init(version: Int64, sql: String) {
        self.version = version
        self.sql = sql
    }

    /// All of them, oldest first.
    package static let all: [Migration] = [.generic]

    /// `PRAGMA application_id` of a ledger, the letters "DTXL": what tells it from any other database.
    package static let applicationID: Int64 = 0x4454_584c

    /// Brings the database to the last of `migrations`, each step in its own transaction.
    static func run(_ migrations: [Migration], on connection: borrowing Connection) throws(SQLiteError) {
        let version = try connection.integer("PRAGMA user_version") ?? 0
        for migration in migrations where migration.version > version {
            try connection.transaction { () throws(SQLiteError) in
                try connection.execute(migration.sql)
                try connection.execute("PRAGMA application_id = \(applicationID)")
                try connection.execute("PRAGMA user_version = \(migration.version)")
            }
        }
    }
}
