import CLibpq
import Glibc
import Ledger

/// A connection to PostgreSQL, closed when the last reference to it goes.
///
/// Every call has a deadline, because libpq alone would wait without end for a network that swallows packets. Only
/// unnamed statements are sent, and no setting outlives its transaction, so that a pooler may give each transaction to
/// another server connection. The C type is `PGconn`; its owner ensures that one thread at a time uses it.
@safe
final class PostgresConnection {
    private let libpq: Libpq
    private let handle: OpaquePointer
    private let notices = Notices()
    private let idleSeconds: Int

    /// How long a statement may take.
    static let statementSeconds = 4.0
    /// How long a server may be silent while it sends rows.
    private static let silenceSeconds = 4.0

    /// Whether the server sent a notice since this was set to false.
    private final class Notices { var hasCome = false }

    /// Connects to one server.
    ///
    /// - Parameters:
    ///   - parameters: Keywords of libpq and their values, of one host, which is not resolved here: libpq would block.
    ///   - idleSeconds: After a pause of this length the server ends a transaction, so that a process that is stopped in
    ///     one does not keep its locks.
    init(
        _ libpq: Libpq, _ parameters: [(keyword: String, value: String)], idleSeconds: Int, before deadline: Deadline
    ) throws(PostgresError) {
        self.libpq = libpq
        self.idleSeconds = idleSeconds
        let words = unsafe parameters.map { unsafe strdup($0.keyword) } + [nil]
        let values = unsafe parameters.map { unsafe strdup($0.value) } + [nil]
        defer { unsafe (words + values).forEach { unsafe free($0) } }
        let keywords = unsafe words.map { unsafe UnsafePointer($0) }
        let settings = unsafe values.map { unsafe UnsafePointer($0) }
        guard let handle = unsafe libpq.functions.pointee.PQconnectStartParams(keywords, settings, 0) else {
            throw PostgresError(.lost, "out of memory")
        }
        unsafe self.handle = unsafe handle
        // Otherwise libpq prints notices to standard error.
        _ = unsafe libpq.functions.pointee.PQsetNoticeReceiver(
            handle,
            { context, _ in
                guard let context = unsafe context else { return }
                unsafe Unmanaged<Notices>.fromOpaque(context).takeUnretainedValue().hasCome = true
            }, Unmanaged.passUnretained(notices).toOpaque())
        var next = PGRES_POLLING_WRITING
        while next != PGRES_POLLING_OK {
            guard next != PGRES_POLLING_FAILED, unsafe libpq.functions.pointee.PQstatus(handle) != CONNECTION_BAD else {
                throw failure(.lost)
            }
            let events = next == PGRES_POLLING_READING ? POLLIN : POLLOUT
            guard isReady(events, before: deadline) else { throw late }
            next = unsafe libpq.functions.pointee.PQconnectPoll(handle)
        }
        // A send must not block either.
        _ = unsafe libpq.functions.pointee.PQsetnonblocking(handle, 1)
    }

    deinit { unsafe libpq.functions.pointee.PQfinish(handle) }

    /// Runs one or several statements without values.
    func execute(_ sql: String, seconds: Double = PostgresConnection.statementSeconds) throws(PostgresError) {
        guard unsafe libpq.functions.pointee.PQsendQuery(handle, sql) == 1 else { throw failure(.lost) }
        _ = try result(before: Deadline(seconds: seconds))
    }

    /// Runs one statement with these values for `$1`, `$2`, …
    @discardableResult
    func run(
        _ sql: String, _ values: [PostgresValue] = [], seconds: Double = PostgresConnection.statementSeconds
    ) throws(PostgresError) -> PostgresResult {
        guard send(sql, values) else { throw failure(.lost) }
        return try result(before: Deadline(seconds: seconds))
    }

    /// Runs one statement that may return very many rows.
    ///
    /// They may take longer than another statement as long as they keep coming, up to half a lease: leases are renewed
    /// on the same connection.
    func rows(_ sql: String, _ values: [PostgresValue]) throws(PostgresError) -> PostgresResult {
        guard send(sql, values) else { throw failure(.lost) }
        return try result(before: Deadline(seconds: Double(idleSeconds)), silence: Self.silenceSeconds)
    }

    /// Runs `body` in one transaction, which is committed as a whole or not at all.
    func transaction<Result>(_ body: () throws(PostgresError) -> Result) throws(PostgresError) -> Result {
        let result: Result
        do throws(PostgresError) {
            try begin()
            result = try body()
        } catch {
            guard !error.endsConnection else { throw error }
            do throws(PostgresError) {
                try execute("ROLLBACK")
            } catch let failure {
                throw PostgresError(.lost, sqlState: error.sqlState, "\(error.message); \(failure.message)")
            }
            throw error
        }
        try commit()
        return result
    }

    private func begin() throws(PostgresError) {
        // A role may have weaker defaults.
        try execute(
            """
            BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
            SET LOCAL search_path = pg_catalog;
            SET LOCAL idle_in_transaction_session_timeout = '\(idleSeconds)s';
            SELECT set_config('synchronous_commit', 'on', true)
            WHERE current_setting('synchronous_commit') IN ('off', 'local');
            """)
    }

    private func commit() throws(PostgresError) {
        notices.hasCome = false
        do throws(PostgresError) {
            try execute("COMMIT")
        } catch {
            guard error.endsConnection else { throw error }
            throw PostgresError(.unknownOutcome, sqlState: error.sqlState, error.message)
        }
        // A wait for a standby that is cancelled succeeds with a warning only.
        guard !notices.hasCome else { throw PostgresError(.unknownOutcome, "the server warned about a commit") }
    }

    private func send(_ sql: String, _ values: [PostgresValue]) -> Bool {
        let types = values.map(\.type)
        let encoded = values.map(\.encoded)
        let lengths = encoded.map { Int32($0?.count ?? 0) }
        let formats = [Int32](repeating: 1, count: values.count)
        // One buffer, in which an empty value has an address too: without one libpq sends null.
        var offsets: [Int?] = []
        var buffer: [UInt8] = []
        for value in encoded {
            offsets.append(value.map { _ in buffer.count })
            buffer += value ?? []
        }
        buffer.append(0)
        return unsafe buffer.withUnsafeBytes { bytes in
            let start = unsafe bytes.assumingMemoryBound(to: CChar.self).baseAddress
            let pointers = unsafe offsets.map { offset -> UnsafePointer<CChar>? in
                guard let start = unsafe start, let offset else { return nil }
                return unsafe start + offset
            }
            return unsafe libpq.functions.pointee.PQsendQueryParams(
                handle, sql, Int32(values.count), types, pointers, lengths, formats, 1) == 1
        }
    }

    /// The last result of what was sent.
    ///
    /// - Parameter silence: How long nothing may come, in seconds; nil for no limit but the deadline.
    private func result(before deadline: Deadline, silence: Double? = nil) throws(PostgresError) -> PostgresResult {
        try flush(before: deadline)
        var last: PostgresResult?
        var refusal: PostgresError?
        while true {
            while unsafe libpq.functions.pointee.PQisBusy(handle) == 1 {
                let next = silence.map { min(deadline, Deadline(seconds: $0)) } ?? deadline
                guard isReady(POLLIN, before: next) else { throw late }
                guard unsafe libpq.functions.pointee.PQconsumeInput(handle) == 1 else { throw failure(.lost) }
            }
            guard let next = unsafe libpq.functions.pointee.PQgetResult(handle) else { break }
            let result = unsafe PostgresResult(next, libpq)
            refusal = refusal ?? result.error
            last = consume result
        }
        if let refusal {
            let isLost = unsafe libpq.functions.pointee.PQstatus(handle) == CONNECTION_BAD
            throw PostgresError(isLost ? .lost : .refused, sqlState: refusal.sqlState, refusal.message)
        }
        guard let last else { throw failure(.lost) }
        return last
    }

    private func flush(before deadline: Deadline) throws(PostgresError) {
        while true {
            let status = unsafe libpq.functions.pointee.PQflush(handle)
            if status == 0 { return }
            guard status == 1 else { throw failure(.lost) }
            // The server may wait for its answer to be read before it reads on.
            guard isReady(POLLIN | POLLOUT, before: deadline) else { throw late }
            guard unsafe libpq.functions.pointee.PQconsumeInput(handle) == 1 else { throw failure(.lost) }
        }
    }

    private var late: PostgresError { PostgresError(.late, "no answer in time") }

    private func failure(_ kind: PostgresError.Kind) -> PostgresError {
        PostgresError(
            kind, unsafe libpq.functions.pointee.PQerrorMessage(handle).map { unsafe String(cString: $0) } ?? "")
    }

    private func isReady(_ events: Int32, before deadline: Deadline) -> Bool {
        while true {
            var descriptor = pollfd(
                fd: unsafe libpq.functions.pointee.PQsocket(handle), events: Int16(events), revents: 0)
            let count = unsafe poll(&descriptor, 1, deadline.milliseconds)
            if count > 0 { return true }
            guard count < 0, errno == EINTR else { return false }
        }
    }
}

/// An instant of the monotonic clock.
struct Deadline: Comparable {
    private let instant: ContinuousClock.Instant

    init(seconds: Double) { self.init(.now + .seconds(seconds)) }

    private init(_ instant: ContinuousClock.Instant) { self.instant = instant }

    /// The end of the first of so many equal parts of what is left.
    func part(of count: Int) -> Deadline {
        let now = ContinuousClock.now
        return Deadline(now + (instant - now) / count)
    }

    static func < (left: Deadline, right: Deadline) -> Bool { left.instant < right.instant }

    /// What is left, as `poll` takes it.
    var milliseconds: Int32 {
        let left = instant - .now
        return Int32(max(0, min(left / .milliseconds(1), 600_000)))
    }

    var isOver: Bool { instant <= .now }
}
