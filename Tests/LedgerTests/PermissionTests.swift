import Foundation
import Ledger
import SQLiteLedger
import Testing

/// As an ordinary user, which the root of a container is not: children that gave up their rights.
@Suite struct PermissionTests {
    /// What is made unwritable or unreadable, and why the ledger then cannot be opened.
    struct Case: Sendable, Codable, CustomTestStringConvertible {
        let testDescription: String
        var directory: UInt16 = 0o700
        var file: UInt16?
        let reason: String
    }

    @Test(arguments: [
        Case(testDescription: "a directory that nothing can be made in", directory: 0o500, reason: "permission"),
        Case(testDescription: "a ledger in such a directory", directory: 0o500, file: 0o600, reason: "permission"),
        Case(testDescription: "a directory that cannot be entered", directory: 0o000, reason: "permission"),
        Case(testDescription: "a read-only file", file: 0o400, reason: "readOnly"),
        Case(testDescription: "an unreadable file", file: 0o000, reason: "permission"),
    ])
    func `an ordinary user gets the cause`(_ example: Case) async throws {
        let fixture = try LedgerFixture()
        if example.file != nil { try await fixture.fill(steps: 1) }
        let unprivileged: uid_t = 65_534
        if geteuid() == 0 {
            chown(fixture.path, unprivileged, unprivileged)
            chown(fixture.directory, unprivileged, unprivileged)
        }
        if let mode = example.file { chmod(fixture.path, mode_t(mode)) }
        chmod(fixture.directory, mode_t(example.directory))
        let before = try? fixture.bytes()
        let result = await #expect(
            processExitsWith: .exitCode(3), observing: [\.standardErrorContent]
        ) { [path = fixture.path as String, reason = example.reason as String] in
            if geteuid() == 0, setgid(65_534) != 0 || setuid(65_534) != 0 { exit(5) }
            do throws(LedgerError) {
                _ = try SQLiteLedger(.file(path), executor: LedgerQueue())
            } catch {
                FileHandle.standardError.write(Data("\(error)\n".utf8))
                exit(error.reason.rawValue == reason ? 3 : 4)
            }
        }
        chmod(fixture.directory, 0o700)
        let line = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        #expect(line.contains(fixture.path + ": "), "\(line)")
        #expect((try? fixture.bytes()) == before)
        #expect(try fixture.files().allSatisfy { !$0.contains(".new-") })
    }

    @Test(arguments: [0o644, 0o666, 0o640]) func `a file that other users can access is restricted, with a warning`(
        mode: mode_t
    ) async throws {
        let fixture = try LedgerFixture()
        try await fixture.fill(steps: 2)
        chmod(fixture.path, mode)
        let ledger = try fixture.open()
        #expect(ledger.warnings.count == 1)
        #expect(ledger.warnings.first?.contains("changed to 0600") == true)
        try await ledger.commit(Sample.batch(3))
        for path in [fixture.path, fixture.path + "-wal"] {
            let permissions = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(permissions == 0o600, "\(path)")
        }
        try await ledger.close()
        #expect(try fixture.open().warnings.isEmpty)
    }
}
