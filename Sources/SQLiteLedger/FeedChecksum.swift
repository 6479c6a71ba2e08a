import Ledger

/// The checksum of everything that is stored for one feed, kept in the table `checksum`.
///
/// SQLite's own checks do not notice a flipped bit in a value. The sums are updated by difference in the transaction of
/// each commit, so they cost no second pass over the rows, and are compared with the content when a ledger is opened.
struct FeedChecksum: Equatable {
    /// Hash of the feed's row in `feed`.
    var feed: Int64 = 0
    /// Sum of the hashes of its rows in `row`, modulo 2^64.
    var rows: Int64 = 0
    /// Sum of the hashes of its rows in `mark`, modulo 2^64.
    var seen: Int64 = 0

    /// The stored checksum of a feed, or nil if there is none.
    static func stored(_ feed: Int64, on connection: borrowing Connection) throws(SQLiteError) -> FeedChecksum? {
        let statement = try connection.prepare("SELECT feed_hash, row_sum, seen_sum FROM checksum WHERE feed = ?1")
        try statement.bind([.integer(feed)])
        guard try statement.step() else { return nil }
        return FeedChecksum(
            feed: statement.integer(at: 0), rows: statement.integer(at: 1), seen: statement.integer(at: 2))
    }

    /// The numbers of all feeds that have a checksum.
    static func numbers(on connection: borrowing Connection) throws(SQLiteError) -> [Int64] {
        try connection.integers("SELECT feed FROM checksum")
    }

    /// The checksum of a feed by its present content.
    static func computed(_ feed: Int64, on connection: borrowing Connection) throws(SQLiteError) -> FeedChecksum {
        FeedChecksum(
            feed: try FeedTable.hash(of: feed, on: connection), rows: try RowTable.sum(of: feed, on: connection),
            seen: try SeenTable.sum(of: feed, on: connection))
    }

    /// Replaces the stored checksum of a feed.
    func store(for feed: Int64, on connection: borrowing Connection) throws(SQLiteError) {
        try connection.prepare(
            "INSERT OR REPLACE INTO checksum (feed, feed_hash, row_sum, seen_sum) VALUES (?1, ?2, ?3, ?4)"
        )
        .run([.integer(feed), .integer(self.feed), .integer(rows), .integer(seen)])
    }

    /// Applies the difference that a commit made.
    static func update(
        _ feed: Int64, rows: Int64 = 0, seen: Int64 = 0, on connection: borrowing Connection
    ) throws(SQLiteError) {
        var checksum = try stored(feed, on: connection) ?? FeedChecksum()
        checksum.feed = try FeedTable.hash(of: feed, on: connection)
        checksum.rows &+= rows
        checksum.seen &+= seen
        try checksum.store(for: feed, on: connection)
    }

    /// Stores the checksums of all feeds by their present content: for a ledger that had none.
    static func storeAll(on connection: borrowing Connection) throws(SQLiteError) {
        for feed in try FeedTable.numbers(on: connection) {
            try computed(feed, on: connection).store(for: feed, on: connection)
        }
    }
}

/// The feeds of a ledger whose content does not match its checksum.
struct DamagedFeeds: Sendable {
    private(set) var numbers: Set<Int64> = []
    /// The name of a damaged feed may be what is damaged, so that any unknown feed may be that one.
    private(set) var hasUncertainName = false
    /// No appliance is left whose feeds are all intact: then the file as a whole is not to be trusted.
    private(set) var concernsEveryAppliance = false

    /// Compares all feeds of a ledger: about 0.5 µs per stored number or record.
    init(on connection: borrowing Connection) throws(SQLiteError) {
        // A damaged page can hide the row of a feed, but not its checksum as well.
        let all = try Set(FeedTable.numbers(on: connection)).union(FeedChecksum.numbers(on: connection))
        var appliances: Set<String> = []
        var damagedAppliances: Set<String> = []
        for feed in all {
            let stored = try FeedChecksum.stored(feed, on: connection)
            let computed = try FeedChecksum.computed(feed, on: connection)
            let isFound = try FeedTable.isFoundByName(feed, on: connection)
            let appliance = try FeedTable.key(feed, on: connection)?.appliance
            if let appliance { appliances.insert(appliance) }
            guard stored != computed || !isFound else { continue }
            numbers.insert(feed)
            if let appliance { damagedAppliances.insert(appliance) }
            if stored?.feed != computed.feed || !isFound { hasUncertainName = true }
        }
        concernsEveryAppliance = !numbers.isEmpty && damagedAppliances == appliances
    }

    /// - Throws: `SQLiteError` with `.damagedFeed` if the feed with this number, or with a name that has none, is damaged.
    func check(_ feed: Int64?) throws(SQLiteError) {
        guard feed.map(numbers.contains) ?? hasUncertainName else { return }
        throw SQLiteError(code: .damagedFeed, message: "the stored counts of this feed do not match their checksum")
    }
}

/// A 64-bit hash (FNV-1a) that is the same in every process and version.
struct StableHash {
    private var state: UInt64 = 0xcbf2_9ce4_8422_2325

    var value: Int64 { Int64(bitPattern: state) }

    /// Its eight bytes, the lowest first.
    mutating func combine(_ integer: Int64) {
        // A byte that is zero only multiplies, and most bytes of small numbers are: at both ends they take one step.
        var rest = UInt64(bitPattern: integer)
        let low = min(rest.trailingZeroBitCount / 8, 8)
        let high = min(rest.leadingZeroBitCount / 8, 8 - low)
        state &*= Self.powers[low]
        rest >>= UInt64(8 * low)
        for _ in 0..<(8 - low - high) {
            combine(UInt8(truncatingIfNeeded: rest))
            rest >>= 8
        }
        state &*= Self.powers[high]
    }

    mutating func combine(_ number: Double) { combine(Int64(bitPattern: number.bitPattern)) }

    /// The length is part of the hash, so that the boundary between two texts is as well.
    mutating func combine(_ text: String) { combine(text.utf8.span) }

    /// The same for the bytes of a text.
    mutating func combine(_ text: Span<UInt8>) {
        combine(Int64(text.count))
        for index in text.indices { combine(text[index]) }
    }

    private mutating func combine(_ byte: UInt8) { state = (state ^ UInt64(byte)) &* 0x100_0000_01b3 }

    /// The prime to the power of 0 to 8.
    private static let powers: [UInt64] = [
        0x0000_0000_0000_0001, 0x0000_0100_0000_01b3, 0x0003_6600_0002_e329,
        0x08a9_7b00_04e7_feab, 0x9ffa_ac08_5635_bc91, 0x0cae_e32a_7d4f_6a63,
        0xdc96_6432_edf1_c639, 0xc552_7b8a_51d3_d2db, 0x1efa_c709_0aef_4a21,
    ]
}
