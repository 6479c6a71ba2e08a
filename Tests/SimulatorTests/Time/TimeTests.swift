import Testing

@testable import Simulator

@Suite struct WorldClockTests {
    private let time = ManualTime()

    @Test(arguments: [(1.0, 1_000 as Int64), (60, 60_000), (0.5, 500), (0, 0)])
    func `a second of real time is so many milliseconds of the world`(_ speed: Double, _ passed: Int64) {
        let clock = SimulatedClock(startingAt: 5_000, speed: speed, monotonic: time.source)
        time.pass(seconds: 1)
        #expect(clock.now == 5_000 + passed)
    }

    @Test func `a change of speed does not make the time jump`() {
        let clock = SimulatedClock(startingAt: 0, speed: 10, monotonic: time.source)
        time.pass(seconds: 2)
        clock.run(at: 100)
        #expect(clock.now == 20_000)
        time.pass(seconds: 1)
        #expect(clock.now == 120_000)
        clock.advance(milliseconds: 3_000)
        #expect(clock.now == 123_000)
        clock.advance(milliseconds: -3_000)
        #expect(clock.now == 123_000)
    }
}

@Suite struct SkewTests {
    @Test func `a step changes nothing of before`() {
        var skew = Skew(offset: 5)
        skew.set(offset: -100, since: 1_000)
        #expect(skew.offset(at: 999) == 5)
        #expect(skew.offset(at: 1_000) == -100)
        #expect(skew.world(showing: 900...950) == 895...1_050)
    }

    @Test func `a clock that stepped back shows a span twice, and records of both are listed`() throws {
        let stage = SimulatorFixture()
        _ = try stage.command("/-/pause")
        stage.time.pass(seconds: 600)
        _ = try stage.command("/-/burst", "model=Before&count=2")
        stage.time.pass(seconds: 1)
        _ = try stage.command("/-/clock", "step=-600")
        stage.time.pass(seconds: 599)
        _ = try stage.command("/-/burst", "model=After&count=3")
        let shown = stage.appliance.shownTime
        #expect(shown == stage.world.now - 600_000)
        let list = try stage.list(
            "/modelbreaches?creationtime=true&endtime=\(shown)&includeacknowledged=true&starttime=\(shown)")
        #expect(list.count == 5)
        #expect(list.allSatisfy { $0["creationTime"] as? Int64 == shown })
    }
}

@Suite struct CivilTimeTests {
    @Test(arguments: [
        (0 as Int64, "1970-01-01 00:00:00", "Thu, 01 Jan 1970 00:00:00 GMT"),
        (1_768_469_400_000, "2026-01-15 09:30:00", "Thu, 15 Jan 2026 09:30:00 GMT"),
        (951_782_399_999, "2000-02-28 23:59:59", "Mon, 28 Feb 2000 23:59:59 GMT"),
        (951_782_400_000, "2000-02-29 00:00:00", "Tue, 29 Feb 2000 00:00:00 GMT"),
        (4_107_542_400_000, "2100-03-01 00:00:00", "Mon, 01 Mar 2100 00:00:00 GMT"),
        (-1_000, "1969-12-31 23:59:59", "Wed, 31 Dec 1969 23:59:59 GMT"),
    ])
    func `instants are written as people and HTTP write them`(_ instant: Int64, _ spaced: String, _ http: String) {
        #expect(CivilTime(milliseconds: instant).spaced == spaced)
        #expect(CivilTime(milliseconds: instant).httpDate == http)
        #expect(CivilTime(milliseconds: instant).milliseconds == instant)
    }

    @Test(arguments: [
        ("2026-01-15 09:30:00", DateForm.spaced, 1_768_469_400_000 as Int64),
        ("20260115T093000", .compact, 1_768_469_400_000),
        ("2026-01-15T09:30:00.123456+00:00", .iso8601, 1_768_469_400_123),
        ("2026-01-15T09:30:00Z", .iso8601, 1_768_469_400_000),
        ("2026-01-15T11:30:00.5+02:00", .iso8601, 1_768_469_400_500),
        ("2026-01-15T08:00:00-01:30", .iso8601, 1_768_469_400_000),
        ("2024-02-29 00:00:00", .spaced, 1_709_164_800_000),
    ])
    func `the three forms of a date are read`(_ text: String, _ form: DateForm, _ instant: Int64) throws {
        let read = try #require(DateForm.read(text))
        #expect(read.form == form)
        #expect(read.milliseconds == instant)
    }

    @Test(arguments: [
        "", "now", "2026-01-15", "2026-1-15 09:30:00", "2026-13-15 09:30:00", "2023-02-29 00:00:00",
        "2026-01-15 24:00:00", "2026-01-15 09:30:00 ", "2026-01-15T09:30:00.+00:00", "2026-01-15T09:30:00+0100",
        "20260115 093000", "2026-01-15 09:30:0x", "1768469400000", "2026-01-00 00:00:00",
    ])
    func `what is none of them is refused`(_ text: String) {
        #expect(DateForm.read(text) == nil)
    }
}
