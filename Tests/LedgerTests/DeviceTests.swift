import Foundation
import Ledger
import SQLiteLedger
import Testing

/// A file system of its own, in memory, which goes with the test.
private final class Device {
    let directory: String

    init?(kilobytes: Int) {
        directory =
            FileManager.default.temporaryDirectory.path
            + "/ledger-device-" + String(UInt64.random(in: 0 ... .max), radix: 36)
        try? FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
        guard mount("tmpfs", directory, "tmpfs", 0, "size=\(kilobytes)k") == 0 else {
            rmdir(directory)
            return nil
        }
    }

    deinit {
        umount2(directory, Int32(MNT_DETACH))
        rmdir(directory)
    }

    /// Leaves exactly this much free space, by a file that fills the rest; nil removes that file.
    func leave(kilobytes: Int?) throws {
        let filler = directory + "/filler"
        unlink(filler)
        guard let kilobytes else { return }
        var facts = statvfs()
        guard statvfs(directory, &facts) == 0 else { throw POSIXError(.EIO) }
        let free = Int(facts.f_bavail) * Int(facts.f_frsize) - kilobytes * 1_024
        try Data(count: max(free, 0)).write(to: URL(filePath: filler))
    }

    static let isAvailable = Device(kilobytes: 64) != nil
}

@Suite(.enabled(if: Device.isAvailable, "a file system in memory can be mounted by root alone"))
struct DeviceTests {
    @Test(arguments: [0, 8, 40, 100])
    func `a full disk stops the commits and nothing else, until there is free space`(kilobytes: Int) async throws {
        let device = try #require(Device(kilobytes: 4_096))
        let location = DatabaseLocation.file(device.directory + "/ledger.db")
        var steps = 3
        do {
            let ledger = try SQLiteLedger(location, executor: LedgerQueue())
            for step in 1...3 { try await ledger.commit(Sample.batch(step, padding: 100)) }
            try device.leave(kilobytes: kilobytes)
            var failure: LedgerError?
            while failure == nil && steps < 1_000 {
                do throws(LedgerError) {
                    try await ledger.commit(Sample.batch(steps + 1, padding: 100))
                    steps += 1
                } catch {
                    failure = error
                }
            }
            #expect(failure?.reason == .full, "\(String(describing: failure))")
            #expect(try await Sample.steps(in: ledger) == steps)
            await #expect(throws: LedgerError.self) {
                try await ledger.commit(Sample.batch(steps + 1, padding: 3_000))
            }
            #expect(try await Sample.steps(in: ledger) == steps)
            try device.leave(kilobytes: nil)
            try await ledger.commit(Sample.batch(steps + 1, padding: 3_000))
            steps += 1
            #expect(try await Sample.steps(in: ledger) == steps)
        }
        let ledger = try SQLiteLedger(location, executor: LedgerQueue())
        #expect(try await Sample.steps(in: ledger) == steps)
        try await ledger.close()
    }

    @Test func `a full disk and an end without close lose nothing`() async throws {
        let device = try #require(Device(kilobytes: 1_024))
        let location = DatabaseLocation.file(device.directory + "/ledger.db")
        let steps = try await fillUp(location, on: device)
        #expect(steps > 1)
        // Reading it again needs no space.
        let ledger = try SQLiteLedger(location, executor: LedgerQueue())
        #expect(try await Sample.steps(in: ledger) == steps)
        // Moving the log into the file does; so it stays where it is.
        let error = await #expect(throws: LedgerError.self) { try await ledger.close() }
        #expect(error?.reason == .full)
        #expect(try await Sample.steps(in: SQLiteLedger(location, executor: LedgerQueue())) == steps)
    }

    @Test func `a first start on a full disk makes no file`() async throws {
        let device = try #require(Device(kilobytes: 64))
        try device.leave(kilobytes: 8)
        let location = DatabaseLocation.file(device.directory + "/ledger.db")
        let error = #expect(throws: LedgerError.self) { _ = try SQLiteLedger(location, executor: LedgerQueue()) }
        #expect(error?.reason == .full)
        #expect(try FileManager.default.contentsOfDirectory(atPath: device.directory) == ["filler"])
        try device.leave(kilobytes: nil)
        try await SQLiteLedger(location, executor: LedgerQueue()).close()
    }

    @Test(arguments: [true, false])
    func `a read-only file system is refused`(isThere: Bool) async throws {
        let device = try #require(Device(kilobytes: 1_024))
        let location = DatabaseLocation.file(device.directory + "/ledger.db")
        if isThere { try await SQLiteLedger(location, executor: LedgerQueue()).close() }
        #expect(mount(nil, device.directory, nil, UInt(MS_REMOUNT | MS_RDONLY), nil) == 0)
        let error = #expect(throws: LedgerError.self) { _ = try SQLiteLedger(location, executor: LedgerQueue()) }
        #expect(error?.reason == .readOnly, "\(String(describing: error))")
    }

    private func fillUp(_ location: DatabaseLocation, on device: Device) async throws -> Int {
        let ledger = try SQLiteLedger(location, executor: LedgerQueue())
        var steps = 0
        while true {
            do throws(LedgerError) {
                try await ledger.commit(Sample.batch(steps + 1, padding: 50))
                steps += 1
            } catch {
                #expect(error.reason == .full)
                return steps
            }
        }
    }
}
