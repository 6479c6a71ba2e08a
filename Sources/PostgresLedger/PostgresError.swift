import Ledger

/// A failed call of libpq: what the server or the network reported.
struct PostgresError: Error {
    enum Kind: Equatable {
        /// The server refused a statement; its transaction is rolled back.
        case refused
        /// The connection is of no use any more.
        case lost
        /// Nothing came in time, so that the connection is given up.
        case late
        /// The connection ended in a commit: whether it took place is not known.
        case unknownOutcome
        /// The lease of an appliance is not held; the message is its name.
        case fenced
        /// What is stored cannot be read.
        case damaged
    }

    let kind: Kind
    /// Five characters of the SQL standard, or empty; <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
    let sqlState: String
    /// May quote our SQL, never the URL.
    let message: String

    init(_ kind: Kind, sqlState: String = "", _ message: String) {
        self.kind = kind
        self.sqlState = sqlState
        self.message = message
    }

    /// What several attempts to connect have ended with, one for each server.
    init(of failures: [PostgresError]) {
        self.init(
            failures.contains { $0.kind == .lost } ? .lost : .late,
            sqlState: failures.first { !$0.sqlState.isEmpty }?.sqlState ?? "",
            failures.map(\.message.trimmingNewlines).joined(separator: "; "))
    }

    /// Whether the connection must not be used again: what was sent on it may still arrive.
    var endsConnection: Bool {
        switch kind {
        case .lost, .late, .unknownOutcome: true
        case .refused, .fenced, .damaged: false
        }
    }

    /// Whether the whole call may be repeated at once on a new connection: nothing of it took place.
    var isRepeatable: Bool { kind == .lost }

    /// The error of the ledger at `location` that this means.
    func ledgerError(at location: DatabaseLocation) -> LedgerError {
        let state = sqlState.isEmpty ? "" : ", SQLSTATE \(sqlState)"
        return LedgerError(reason, location, message.trimmingNewlines + state)
    }

    private var reason: LedgerError.Reason {
        switch kind {
        case .fenced: return .leaseLost
        case .damaged: return .damaged
        case .unknownOutcome: return .interrupted
        case .late: return .unreachable
        case .lost, .refused: break
        }
        switch sqlState {
        // Shutdown, start, recovery, too many connections.
        case "57P01", "57P02", "57P03", "53300", "57P05", "25P03": return .unreachable
        case "53100": return .full
        case "25006": return .readOnly
        case "42501": return .permission
        case "3D000": return .missing
        case "42P07", "42P01", "42703": return .foreign
        case "55P03", "40001", "40P01", "57014": return .interrupted
        case "P0001": return .refused
        default: break
        }
        if sqlState.hasPrefix("28") { return .login }
        if sqlState.hasPrefix("08") || kind == .lost { return .unreachable }
        return .unexpected
    }
}

extension String {
    /// Without the line break that ends a message of libpq, and with spaces for those in it.
    fileprivate var trimmingNewlines: String {
        split(whereSeparator: \.isNewline).joined(separator: " ")
    }
}
