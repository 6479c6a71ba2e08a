import Foundation
import Ledger
import SQLiteLedger
import TestSupport
import Testing

@Suite struct KillTests {
    /// A child process commits as fast as it can and notes each commit that returned, until SIGKILL comes at a random
    /// instant: at first while it opens, later some time after its first commit: in a commit, in a checkpoint, between
    /// two.
    @Test(.timeLimit(.minutes(30)))
    func `after kill -9 at any instant the ledger holds what was acknowledged, or one commit more`() async throws {
        let fixture = try LedgerFixture()
        var random = SeededRNG(seed: 3)
        var steps = 0
        var progressed = 0
        for round in 0..<40 {
            let isEarly = round < 10
            let patience = UInt32.random(in: 0...(isEarly ? 5_000 : 60_000), using: &random)
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [path = fixture.path as String, patience = patience as UInt32, isEarly = isEarly as Bool] in
                try await commitUntilKilled(path, after: patience, ofTheStart: isEarly)
            }
            let acknowledged = (try? fixture.bytes(of: "-acknowledged").count) ?? 0
            let ledger = try fixture.open()
            let found = try #require(try await Sample.steps(in: ledger), "a commit is there by halves")
            #expect(found == max(steps, acknowledged) || found == max(steps, acknowledged) + 1)
            if found > steps { progressed += 1 }
            // What was not acknowledged but is there counts from now on.
            steps = found
            try fixture.write(Data(repeating: UInt8(ascii: "."), count: found), to: "-acknowledged")
            try await ledger.close()
        }
        #expect(progressed >= 30, "most kills come after a commit, or nothing was tried")
    }
}

/// Runs in the child.
private func commitUntilKilled(_ path: String, after microseconds: UInt32, ofTheStart isEarly: Bool) async throws {
    let begin = DispatchSemaphore(value: isEarly ? 1 : 0)
    Thread.detachNewThread {
        begin.wait()
        usleep(microseconds)
        kill(getpid(), SIGKILL)
    }
    let ledger = try SQLiteLedger(.file(path), executor: LedgerQueue())
    let log = open(path + "-acknowledged", O_WRONLY | O_CREAT | O_APPEND, 0o600)
    var step = Int(try await ledger.checkpoint(Sample.key)?.cursorMilliseconds ?? 0)
    while true {
        step += 1
        try await ledger.commit(Sample.batch(step, padding: step % 7 == 0 ? 300 : 3))
        write(log, ".", 1)
        begin.signal()
    }
}
