import Foundation
import Ledger
import Testing

@Suite struct KillTests {
    /// A child process commits as fast as it can and notes each commit that returned, until SIGKILL comes at a random
    /// instant: while it opens, in a commit, in a checkpoint, between two.
    @Test(.timeLimit(.minutes(2)))
    func `after kill -9 at any instant the ledger holds what was acknowledged, or one commit more`() async throws {
        let bench = try Bench()
        var dice = Dice(state: 3)
        var steps = 0
        var progressed = 0
        for round in 0..<40 {
            let patience = UInt32.random(in: 0...(round < 10 ? 5_000 : 60_000), using: &dice)
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [path = bench.path as String, patience = patience as UInt32] in
                try await commitUntilKilled(path, after: patience)
            }
            let acknowledged = (try? bench.bytes(of: "-acknowledged").count) ?? 0
            let ledger = try bench.open()
            let found = try #require(try await Sample.steps(in: ledger), "a commit is there by halves")
            #expect(found == max(steps, acknowledged) || found == max(steps, acknowledged) + 1)
            if found > steps { progressed += 1 }
            // What was not acknowledged but is there counts from now on.
            steps = found
            try bench.write(Data(repeating: UInt8(ascii: "."), count: found), to: "-acknowledged")
            try await ledger.close()
        }
        #expect(progressed > 10, "most kills must come after a commit, or nothing was tried")
    }
}

/// Runs in the child.
private func commitUntilKilled(_ path: String, after microseconds: UInt32) async throws {
    Thread.detachNewThread {
        usleep(microseconds)
        kill(getpid(), SIGKILL)
    }
    let ledger = try Ledger(.file(path), executor: LedgerQueue())
    let log = open(path + "-acknowledged", O_WRONLY | O_CREAT | O_APPEND, 0o600)
    var step = Int(try await ledger.book(Sample.key)?.cursorMilliseconds ?? 0)
    while true {
        step += 1
        try await ledger.commit(Sample.posting(step, padding: step % 7 == 0 ? 300 : 3))
        write(log, ".", 1)
    }
}
