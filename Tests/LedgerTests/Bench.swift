import Foundation
import Ledger

/// A ledger's file in a directory of its own, which goes with the test.
final class Bench: Sendable {
    let directory: String
    var path: String { directory + "/ledger.db" }

    init() throws {
        directory = NSTemporaryDirectory() + "ledger-tests-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    func open(migrations: [Migration] = Migration.all) throws -> Ledger {
        try Ledger(.file(path), executor: LedgerQueue(), migrations: migrations)
    }
}
