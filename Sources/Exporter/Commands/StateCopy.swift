import Configuration
import Ledger
import PostgresLedger
import SQLiteLedger

/// `state copy`: moves the counts from a file to a database, or back, without a step in any counter.
struct StateCopy: Sendable {
    private let source: Settings.State
    private let target: Settings.State

    /// The leases of a copy are renewed once, in its middle.
    private static let leaseSeconds = 600.0

    /// - Parameter target: A new file, or one with the URI of a database.
    init(_ source: Settings.State, to target: String) {
        self.source = source
        let database = Settings.Postgres(fileWithURL: target, place: "--to")
        self.target = database.map { .postgres($0) } ?? .file(target)
    }

    /// Copies everything, and returns what is to be printed.
    ///
    /// While it runs, files are locked, and in databases the leases of all appliances are held: nothing is counted that
    /// would be missing in the copy.
    ///
    /// - Throws: `LedgerError` if an exporter uses one of them, or the target has counts.
    func run() async throws -> String {
        // A file that is not there would be created.
        if case .file(let path) = source { _ = try StateFile(path) }
        let queue = LedgerQueue()
        let from = try open(source, queue)
        do {
            let to = try open(target, queue)
            do {
                let feeds = try await LedgerCopy.run(from: from, to: to)
                try await to.close()
                try await from.close()
                return "\(to.location): copied \(feeds) feeds from \(from.location)\n"
            } catch {
                try? await to.close()
                throw error
            }
        } catch {
            try? await from.close()
            throw error
        }
    }

    private func open(_ state: Settings.State, _ queue: LedgerQueue) throws(LedgerError) -> any Ledger {
        switch state {
        case .file(let path): try SQLiteLedger(DatabaseLocation(path), executor: queue)
        case .postgres(let postgres):
            try PostgresLedger(postgres.configuration(leaseSeconds: Self.leaseSeconds), executor: queue)
        }
    }
}
