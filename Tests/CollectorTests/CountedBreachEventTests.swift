import Darktrace
import Ledger
import Metrics
import TestSupport
import Testing

@testable import Collector

/// What is reported of each breach when it is counted, for the log.
@Suite struct CountedBreachEventTests {
    /// A breach and when it was created, from the start of the script.
    private static func record(_ id: Int64, minutes: Int64, device: String = #"{"did":7}"#) -> (Int64, String) {
        let creation = Script.origin + minutes * 60_000
        return (creation, Script.record(id, at: creation).dropLast() + #","device":\#(device)}"#)
    }

    private func script(logsBreaches: Bool = true) throws -> Script {
        let script = try Script()
        script.configuration.logsBreaches = logsBreaches
        script.population = (1...20).map { Self.record($0, minutes: -60 * $0) }
        return script
    }

    private func reported(_ script: Script) -> [[Int64]] {
        script.events.compactMap { if case .breachesCounted(let breaches) = $0 { breaches.map(\.id) } else { nil } }
    }

    @Test func `the first lookback is silent, then each breach is reported once, in the order of creation`() throws {
        let script = try script()
        script.run(seconds: 30)
        #expect(script.value(BreachMetrics.modelBreaches) == 20)
        script.population += [Self.record(31, minutes: -1), Self.record(30, minutes: -2)]
        script.run(seconds: 600)
        // Listed late, so only the recheck finds it.
        script.population.append(Self.record(40, minutes: -300))
        script.run(seconds: 2 * 3_600)
        #expect(reported(script) == [[30, 31], [40]])
    }

    @Test func `a breach is reported after the commit that counts it, and not by a commit that fails`() throws {
        let script = try script()
        script.run(seconds: 30)
        script.population.append(Self.record(30, minutes: 1))
        script.inject(.refusedCommits)
        script.run(seconds: 300)
        #expect(script.events.contains { if case .commitFailed = $0 { true } else { false } })
        #expect(reported(script).isEmpty)
        script.inject(nil)
        script.run(seconds: 900)
        #expect(reported(script) == [[30]])
        let index = try #require(
            script.events.firstIndex { if case .breachesCounted = $0 { true } else { false } })
        let committed = script.events[..<index].last {
            switch $0 {
            case .committed, .attemptEnded, .pollEnded: true
            default: false
            }
        }
        guard case .committed = committed else {
            Issue.record("reported after \(committed.map { "\($0)" } ?? "nothing")")
            return
        }
    }

    @Test func `a restart reports no breach again`() throws {
        let script = try script()
        script.run(seconds: 30)
        for round in Int64(0)..<4 {
            script.population.append(Self.record(30 + round, minutes: 1 + 10 * round))
            script.run(seconds: 600)
            #expect(script.stop())
        }
        script.run(seconds: 2 * 3_600)
        #expect(reported(script) == [[30], [31], [32], [33]])
    }

    @Test(arguments: [true, false])
    func `full records with their device are requested only for reports, and not for the first lookback`(
        logsBreaches: Bool
    ) throws {
        let script = try script(logsBreaches: logsBreaches)
        script.run(seconds: 30)
        let before = script.sentTargets
        script.population.append(Self.record(30, minutes: 1, device: #"{"did":9,"hostname":"a=\"b\""}"#))
        script.run(seconds: 2 * 3_600)
        let after = script.sentTargets.dropFirst(before.count)
        #expect(before.allSatisfy { $0.contains("minimal=true") && !$0.contains("deviceattop") })
        #expect(after.count > 100)
        #expect(after.allSatisfy { $0.contains("minimal=false") == logsBreaches })
        #expect(after.allSatisfy { $0.contains("&deviceattop=true&") == logsBreaches })
        let breaches = script.events.compactMap {
            if case .breachesCounted(let breaches) = $0 { breaches } else { nil }
        }
        #expect(breaches.joined().map { $0.details?.hostname } == (logsBreaches ? ["a=\"b\""] : []))
        // Without the setting, short records are requested again.
        #expect(script.stop())
        script.configuration.logsBreaches = false
        let count = script.sentTargets.count
        script.run(seconds: 600)
        #expect(script.sentTargets.dropFirst(count).allSatisfy { $0.contains("minimal=true") })
    }
}
