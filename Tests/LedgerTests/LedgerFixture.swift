import Foundation
import Ledger
import SQLiteLedger
import Testing

/// A ledger's file in a directory of its own, which goes with the test.
final class LedgerFixture: Sendable {
    let directory: String
    var path: String { directory + "/ledger.db" }

    init() throws {
        let root = FileManager.default.temporaryDirectory.path
        directory = root + "/ledger-tests-" + String(UInt64.random(in: 0 ... .max), radix: 36)
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    func open(migrations: [Migration] = Migration.all) throws -> SQLiteLedger {
        try SQLiteLedger(.file(path), executor: LedgerQueue(), migrations: migrations)
    }

    /// Makes a ledger with so many steps of `Sample`, closed; returns the bytes of its file.
    @discardableResult
    func fill(steps: Int, padding: Int = 0) async throws -> Data {
        let ledger = try open()
        for step in 1...steps { try await ledger.commit(Sample.batch(step, padding: padding)) }
        try await ledger.close()
        return try bytes()
    }

    func bytes(of suffix: String = "") throws -> Data { try Data(contentsOf: URL(filePath: path + suffix)) }

    func write(_ bytes: Data, to suffix: String = "") throws { try bytes.write(to: URL(filePath: path + suffix)) }

    /// The names of all files in the directory, sorted.
    func files() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: directory).sorted() }

    /// Opens, and expects to be refused for `reasons`, in one line that names the file, which stays as it is.
    func expectRefusal(_ reasons: Set<LedgerError.Reason>, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let before = contents
        let error = #expect(throws: LedgerError.self, sourceLocation: sourceLocation) { _ = try self.open() }
        guard let error else { return }
        #expect(reasons.contains(error.reason), "\(error)", sourceLocation: sourceLocation)
        #expect("\(error)".hasPrefix(path + ": ") && !"\(error)".contains("\n"), sourceLocation: sourceLocation)
        #expect(contents == before, sourceLocation: sourceLocation)
    }

    /// What the file and its log contain; an empty log counts as none.
    private var contents: [Data?] {
        ["", "-wal"].map { try? bytes(of: $0) }.map { $0?.isEmpty == true ? nil : $0 }
    }
}
