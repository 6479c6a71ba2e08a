package import Configuration
import Ledger
import Logging
import PostgresLedger
import SQLiteLedger
import Values

/// `state`: looks at the counts and changes them, also while an exporter uses them.
package struct StateCommand: Sendable {
    private let action: StateAction
    private let settings: Settings

    /// - Parameter settings: With the configured appliances if the action changes one.
    package init(_ action: StateAction, _ settings: Settings) {
        self.action = action
        self.settings = settings
    }

    /// Does what was asked, and returns what is to be printed.
    ///
    /// - Throws: `LedgerError` or `StateCommandError`, each one line when described; nothing was changed then.
    package func run() async throws -> String {
        do {
            return try await perform()
        } catch let error as LedgerError where error.reason == .unknownAppliance || error.reason == .nameTaken {
            // A token may have been pasted in the place of the name.
            throw LedgerError(error.reason, error.location, Redaction().shownWhole(error.detail))
        }
    }

    private func perform() async throws -> String {
        if case .copy(let target) = action { return try await StateCopy(settings.state, to: target).run() }
        switch settings.state {
        case .file(let path):
            let file = try StateFile(path)
            guard case .backup(let copy) = action else { return try run(on: file) }
            try file.backup(to: copy)
            return "\(copy): copy of \(path)\n"
        case .postgres(let postgres):
            let state = try PostgresState(postgres.configuration())
            guard case .backup = action else { return try run(on: state) }
            throw StateCommandError("\(state.location)", ["backup is for a file; use pg_dump, or state copy"])
        }
    }

    private func run(on counts: borrowing some StoredCounts & ~Copyable) throws -> String {
        switch action {
        case .rename(let name, let new):
            for name in [name, new] { try requireUnused(name) }
            try counts.rename(name, to: new)
            return "\(counts.location): the counts of \(name) continue as \(new)\n"
        case .forget(let name):
            try requireUnused(name)
            try counts.forget(name)
            return "\(counts.location): removed the counts of \(name)\n"
        case .check:
            let findings = try counts.findings()
            guard findings.isEmpty else { throw StateCommandError("\(counts.location)", findings) }
            return "\(counts.location): no damage found\n"
        case .list, .backup, .copy: return try list(counts)
        }
    }

    /// A poll of an appliance that is renamed or removed beneath it would count from scratch.
    private func requireUnused(_ name: String) throws(StateCommandError) {
        guard settings.appliances.contains(where: { $0.name == name && $0.isEnabled }) else { return }
        let place = settings.file ?? "environment"
        throw StateCommandError(
            place, ["appliance \(name) is configured; set enabled: false, or remove it, and reload first"])
    }

    private func list(_ counts: borrowing some StoredCounts & ~Copyable) throws(LedgerError) -> String {
        let appliances = try counts.appliances()
        let use = try counts.isInUse() ? "in use by an exporter" : "not in use"
        let holders = try counts.holders()
        let replica = holders.map { _ in ["REPLICA"] } ?? []
        var rows = [["APPLIANCE", "FEED", "START", "CURSOR", "SERIES", "RECORDS"] + replica + ["URL"]]
        for appliance in appliances {
            let replica = holders.map { [$0[appliance.name] ?? "-"] } ?? []
            for feed in appliance.feeds {
                let numbers = [
                    appliance.name, feed.name, UTC.text(feed.startMilliseconds),
                    feed.isComplete ? UTC.text(feed.cursorMilliseconds) : "first lookback", "\(feed.rows)",
                    "\(feed.seenRecords)",
                ]
                rows.append(numbers + replica + [appliance.url ?? "-"])
            }
        }
        return "\(counts.location): \(appliances.count) appliances, \(try counts.bytes()) bytes, \(use)\n"
            + Self.table(rows)
    }

    /// Columns that are as wide as their widest cell, two spaces apart.
    private static func table(_ rows: [[String]]) -> String {
        let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = zip(row, widths).map { cell, width in
                cell + String(repeating: " ", count: width - cell.count)
            }
            var line = cells.joined(separator: "  ")[...]
            while line.last == " " { line = line.dropLast() }
            return line + "\n"
        }
        .joined()
    }
}

/// A `state` command that changed nothing; each line of the description says where and what to do.
package struct StateCommandError: Error, CustomStringConvertible {
    private let place: String
    private let problems: [String]

    init(_ place: String, _ problems: [String]) {
        self.place = place
        self.problems = problems
    }

    package var description: String { problems.map { "\(place): \($0)" }.joined(separator: "\n") }
}
