import Testing

/// The test clock is tested too.
@Suite struct LoopTests {
    private final class Log: @unchecked Sendable {
        var lines: [String] = []
    }

    @Test func `sleepers wake in the order of their instants, at exactly these`() {
        let loop = Loop()
        let log = Log()
        for (name, instant) in [("late", Int64(30)), ("early", 10), ("middle", 20)] {
            _ = loop.start {
                try? await loop.sleep(until: instant)
                log.lines.append("\(name) \(loop.now)")
            }
        }
        loop.run(until: 25)
        #expect(log.lines == ["early 10", "middle 20"])
        #expect(loop.now == 25)
        loop.run(until: 100)
        #expect(log.lines == ["early 10", "middle 20", "late 30"])
        #expect(loop.now == 100)
    }

    @Test func `an instant that has passed wakes without time going back`() {
        let loop = Loop()
        let log = Log()
        loop.run(until: 50)
        let run = loop.start {
            try? await loop.sleep(until: 10)
            log.lines.append("\(loop.now)")
        }
        loop.run(until: 60) { run.isFinished }
        #expect(log.lines == ["50"])
    }

    @Test func `time goes on between two looks`() {
        let loop = Loop()
        #expect(loop.look() < loop.look())
    }

    @Test func `a cancelled sleeper ends at once and time stands still`() {
        let loop = Loop()
        let log = Log()
        let run = loop.start {
            do { try await loop.sleep(until: 1_000) } catch { log.lines.append("cancelled at \(loop.now)") }
        }
        loop.run(until: 10)
        run.task?.cancel()
        loop.runJobs()
        #expect(run.isFinished)
        #expect(log.lines == ["cancelled at 10"])
    }

    @Test func `an actor on the loop takes its turn with the tasks`() {
        actor Counter {
            let loop: Loop
            var count = 0
            nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
            init(_ loop: Loop) { self.loop = loop }
            func add() { count += 1 }
        }
        let loop = Loop()
        let log = Log()
        let counter = Counter(loop)
        for _ in 0..<5 {
            _ = loop.start {
                for step in 1...5 {
                    try? await loop.sleep(until: Int64(step))
                    await counter.add()
                }
            }
        }
        loop.run(until: 10)
        _ = loop.start { log.lines.append("\(await counter.count)") }
        loop.runJobs()
        #expect(log.lines == ["25"])
    }
}
