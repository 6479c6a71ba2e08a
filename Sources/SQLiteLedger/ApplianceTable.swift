/// The table `appliance`: the URL at which each appliance was polled last.
enum ApplianceTable {
    static func urls(on connection: borrowing Connection) throws(SQLiteError) -> [String: String] {
        let statement = try connection.prepare("SELECT name, url FROM appliance")
        var urls: [String: String] = [:]
        while try statement.step() { urls[statement.text(at: 0)] = statement.text(at: 1) }
        return urls
    }

    static func set(url: String, of appliance: String, on connection: borrowing Connection) throws(SQLiteError) {
        try connection.prepare("INSERT OR REPLACE INTO appliance (name, url) VALUES (?1, ?2)")
            .run([.text(appliance), .text(url)])
    }

    static func rename(
        _ appliance: String, to name: String, on connection: borrowing Connection
    ) throws(SQLiteError) {
        try connection.prepare("UPDATE OR REPLACE appliance SET name = ?2 WHERE name = ?1")
            .run([.text(appliance), .text(name)])
    }

    static func forget(_ appliance: String, on connection: borrowing Connection) throws(SQLiteError) {
        try connection.prepare("DELETE FROM appliance WHERE name = ?1").run([.text(appliance)])
    }
}
