import Ledger
import SQLiteLedger
import Testing

@Suite struct SQLiteTests {
    private static func memory() throws -> Connection { try Connection(path: ":memory:") }

    @Test func `a failing statement gives SQLite's code and words`() throws {
        let connection = try Self.memory()
        do throws(SQLiteError) {
            try connection.execute("SELECT x FROM nowhere")
            Issue.record("no error")
        } catch {
            #expect(error == SQLiteError(code: ResultCode(rawValue: 1), message: "no such table: nowhere"))
        }
    }

    @Test(arguments: [
        (":memory:", DatabaseLocation.memory), ("state.db", .file("state.db")), ("/a b/c", .file("/a b/c")),
    ])
    func `a path is a file, but for the name of none`(path: String, location: DatabaseLocation) {
        #expect(DatabaseLocation(path) == location)
        #expect("\(location)" == path)
    }

    @Test func `no SQL is an error, not a crash`() throws {
        let connection = try Self.memory()
        do throws(SQLiteError) {
            _ = try connection.prepare("-- nothing")
            Issue.record("no error")
        } catch {
            #expect(error.message.contains("no SQL"))
        }
    }

    @Test func `a primary code matches its extensions, not the other way round`() {
        let recovery = ResultCode(rawValue: 5 | 1 << 8)
        #expect(ResultCode.busy ~= recovery)
        #expect(!(recovery ~= ResultCode.busy))
        #expect(recovery.primary == .busy)
        #expect("\(ResultCode.full)" == "database or disk is full (SQLite 13)")
    }

    @Test func `a constraint is reported with its extended code`() throws {
        let connection = try Self.memory()
        try connection.execute("CREATE TABLE t (x INTEGER PRIMARY KEY) STRICT; INSERT INTO t VALUES (1)")
        do throws(SQLiteError) {
            try connection.execute("INSERT INTO t VALUES (1)")
            Issue.record("no error")
        } catch {
            #expect(error.code.rawValue == 19 | 6 << 8)
        }
    }

    @Test func `a value comes back as it went in`() throws {
        let connection = try Self.memory()
        for text in ["", "a", "é", "a\u{0}b", String(repeating: "x", count: 10_000)] {
            let statement = try connection.prepare("SELECT ?1, ?2, ?3, ?4")
            try statement.bind([.text(text), .integer(.min), .real(0.1), .null])
            #expect(try statement.step())
            let (back, integer, real) = (statement.text(at: 0), statement.integer(at: 1), statement.real(at: 2))
            #expect(Array(back.utf8) == Array(text.utf8))
            #expect(integer == .min)
            #expect(real == 0.1)
            let isNull = (0..<4).map { statement.isNull(at: $0) }
            #expect(isNull == [false, false, false, true])
            #expect(try !statement.step())
        }
    }

    @Test func `a statement may outlive its connection`() throws {
        let statement = try Self.memory().prepare("SELECT 7")
        #expect(try statement.step())
        let seven = statement.integer(at: 0)
        #expect(seven == 7)
    }

    @Test func `a transaction that throws is undone, and the next one works`() throws {
        let connection = try Self.memory()
        try connection.execute("CREATE TABLE t (x INTEGER) STRICT")
        let failure = SQLiteError(code: .full, message: "ours")
        do throws(SQLiteError) {
            try connection.transaction { () throws(SQLiteError) in
                try connection.execute("INSERT INTO t VALUES (1)")
                throw failure
            }
            Issue.record("no error")
        } catch {
            #expect(error == failure)
        }
        try connection.transaction { () throws(SQLiteError) in try connection.execute("INSERT INTO t VALUES (2)") }
        let sum = try connection.integer("SELECT sum(x) FROM t")
        #expect(sum == 2)
    }

    @Test func `a statement that is used again has no values of its last use, and knows a changed schema`() throws {
        let connection = try Self.memory()
        try connection.execute("CREATE TABLE t (x INTEGER) STRICT; INSERT INTO t VALUES (7)")
        func row(_ values: [DatabaseValue]) throws -> [Bool] {
            let statement = try connection.prepare("SELECT ?1, x FROM t WHERE x > 6")
            try statement.bind(values)
            return [try statement.step(), statement.isNull(at: 0), statement.integer(at: 1) == 8]
        }
        #expect(try row([.integer(1)]) == [true, false, false])
        try connection.execute(
            "DROP TABLE t; CREATE TABLE t (y INTEGER, x INTEGER) STRICT; INSERT INTO t VALUES (1, 8)")
        #expect(try row([]) == [true, true, true])
    }

    @Test func `the same SQL may be read twice at once, and a reader that stops early blocks no change`() throws {
        let connection = try Self.memory()
        try connection.execute("CREATE TABLE t (x INTEGER) STRICT; INSERT INTO t VALUES (1), (2)")
        func firstAndSecond() throws -> [Int64] {
            let one = try connection.prepare("SELECT x FROM t ORDER BY x")
            let other = try connection.prepare("SELECT x FROM t ORDER BY x")
            return [try one.step(), try other.step(), try other.step()].contains(false)
                ? [] : [one.integer(at: 0), other.integer(at: 0)]
        }
        for _ in 0..<3 { #expect(try firstAndSecond() == [1, 2]) }
        // SQLite refuses to drop a table that a statement reads.
        try connection.execute("DROP TABLE t")
    }
}
