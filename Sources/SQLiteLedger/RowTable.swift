import Ledger

/// The table `row`: the true value of each number (`counted`) and the exposed one (`told`).
enum RowTable {
    /// Applies the changes in order.
    ///
    /// - Returns: The change of the feed's sum of row hashes.
    static func apply(
        _ changes: [RowUpdate], to feed: Int64, on connection: borrowing Connection
    ) throws(SQLiteError) -> Int64 {
        var difference: Int64 = 0
        let select = try connection.prepare(select)
        let replace = try connection.prepare(replace)
        for change in changes {
            let key = Key(change.key, of: feed)
            guard let before = try content(key, select) else {
                difference &+= try store(RowContent(change), of: key, replace)
                continue
            }
            difference &-= key.hash(with: before)
            difference &+= try store(before.applying(change), of: key, replace)
        }
        return difference
    }

    /// Reads all rows of a feed in the order of the primary key.
    static func eachRow(
        of feed: Int64, on connection: borrowing Connection, _ onRow: (LedgerRow) -> Void
    ) throws(SQLiteError) {
        let statement = try connection.prepare(
            """
            SELECT family, labels, part, \(RowContent.columns) FROM "row"
            WHERE feed = ?1 ORDER BY family, labels, part
            """)
        try statement.bind([.integer(feed)])
        // Thousands of rows have the same family name, and those of a histogram have the same labels, which are allocated
        // once.
        var family = ""
        var labels = LastLabels()
        while try statement.step() {
            family = statement.text(at: 0, reusing: family)
            guard let texts = statement.withText(at: 1, { labels.decoded($0) }),
                let part = RowKey.Part(number: statement.integer(at: 2))
            else { throw SQLiteError(code: .damagedFeed, message: "unreadable key of a row") }
            onRow(RowContent(statement, from: 3).row(RowKey(family: family, labels: texts, part: part)))
        }
    }

    /// Exposes the true value of held rows; keys that are not held or do not exist are ignored.
    ///
    /// - Returns: The change of the feed's sum of row hashes.
    static func release(
        _ keys: [RowKey], of feed: Int64, on connection: borrowing Connection
    ) throws(SQLiteError) -> Int64 {
        var difference: Int64 = 0
        let select = try connection.prepare(select)
        let replace = try connection.prepare(replace)
        for key in keys {
            let key = Key(key, of: feed)
            guard let before = try content(key, select), before.isHeld else { continue }
            difference &-= key.hash(with: before)
            difference &+= try store(before.released, of: key, replace)
        }
        return difference
    }

    /// The sum of the hashes of all rows of a feed.
    static func sum(of feed: Int64, on connection: borrowing Connection) throws(SQLiteError) -> Int64 {
        let statement = try connection.prepare(
            "SELECT family, labels, part, \(RowContent.columns) FROM \"row\" WHERE feed = ?1")
        try statement.bind([.integer(feed)])
        var sum: Int64 = 0
        while try statement.step() {
            sum &+= statement.withText(at: 0) { family in
                statement.withText(at: 1) { labels in
                    hash(family, labels, part: statement.integer(at: 2), RowContent(statement, from: 3))
                }
            }
        }
        return sum
    }

    /// The primary key of a row.
    private struct Key {
        let feed: Int64
        let family: String
        /// A `NetstringList`.
        let labels: String
        let part: Int64

        init(_ key: RowKey, of feed: Int64) {
            self.feed = feed
            family = key.family
            labels = NetstringList.encoded(key.labels)
            part = key.part.number
        }

        /// Resets a statement and binds the key to `?1` to `?4`.
        func bind(to statement: borrowing Statement) throws(SQLiteError) {
            statement.reset()
            try statement.bind(.integer(feed), at: 1)
            try statement.bind(.text(family), at: 2)
            try statement.bind(.text(labels), at: 3)
            try statement.bind(.integer(part), at: 4)
        }

        func hash(with content: RowContent) -> Int64 {
            RowTable.hash(family.utf8.span, labels.utf8.span, part: part, content)
        }
    }

    private static func hash(
        _ family: Span<UInt8>, _ labels: Span<UInt8>, part: Int64, _ content: RowContent
    ) -> Int64 {
        var hash = StableHash()
        hash.combine(family)
        hash.combine(labels)
        hash.combine(part)
        content.combine(into: &hash)
        return hash.value
    }

    private static let select = """
        SELECT \(RowContent.columns) FROM "row" WHERE feed = ?1 AND family = ?2 AND labels = ?3 AND part = ?4
        """
    /// Not an upsert with `RETURNING`, which collects its rows in a table of its own each time it runs.
    private static let replace = """
        REPLACE INTO "row" (feed, family, labels, part, \(RowContent.columns))
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
        """

    /// The row with this key, by the statement `select`.
    private static func content(
        _ key: Key, _ select: borrowing Statement
    ) throws(SQLiteError) -> RowContent? {
        try key.bind(to: select)
        guard try select.step() else { return nil }
        let content = RowContent(select, from: 0)
        select.reset()
        return content
    }

    /// Stores the row by the statement `replace`, and returns its hash.
    private static func store(
        _ content: RowContent, of key: Key, _ replace: borrowing Statement
    ) throws(SQLiteError) -> Int64 {
        try key.bind(to: replace)
        try content.bind(to: replace, from: 5)
        try replace.finish()
        return key.hash(with: content)
    }
}

/// The labels of the last row.
private struct LastLabels {
    private var encoded: [UInt8] = []
    private var texts: [String] = []

    /// The labels of a `NetstringList`, or nil if it is none.
    mutating func decoded(_ list: Span<UInt8>) -> [String]? {
        if list.isEqual(to: encoded.span) { return texts }
        guard let texts = NetstringList.decoded(list) else { return nil }
        encoded.removeAll(keepingCapacity: true)
        for index in list.indices { encoded.append(list[index]) }
        self.texts = texts
        return texts
    }
}
