import Testing
import Values

@Suite struct DurationTests {
    @Test(
        arguments: [
            ("0", 0), ("0s", 0), ("0w", 0), ("1ms", 1), ("500ms", 500), ("1s", 1_000), ("90s", 90_000),
            ("15m", 900_000),
            ("1h30m", 5_400_000), ("1h0m1s", 3_601_000), ("1d", 86_400_000), ("2w", 1_209_600_000),
            ("1y", 31_536_000_000),
            ("1m30ms", 60_030), ("0001s", 1_000), ("4w2d", 2_592_000_000), ("1y1w1d1h1m1s1ms", 32_230_861_001),
            ("292y", 9_208_512_000_000), ("9223372036854ms", 9_223_372_036_854),
        ] as [(String, Int64)])
    func `what Prometheus reads is read alike`(text: String, milliseconds: Int64) {
        #expect(PrometheusDuration.milliseconds(text) == milliseconds)
    }

    @Test(arguments: [
        "", " ", "1", "00", "1.5h", "-1s", "+1s", "1 s", " 1s", "1s ", "s", "1x", "1S", "1M", "1sec", "1m1h", "1s1s",
        "1ms1s",
        "1d1w", "1h30", "0x1s", "1e3s", "٣s", "1us", "1ns", "293y", "9223372036855ms", "99999999999999999999s",
        "292y9999w", "1h\0", "1h\n",
    ])
    func `what Prometheus refuses is refused`(text: String) {
        #expect(PrometheusDuration.milliseconds(text) == nil)
    }

    @Test(
        arguments: [
            (0, "0s"), (0.5, "500ms"), (1, "1s"), (90, "1m30s"), (3_600, "1h"), (86_400, "1d"), (2_592_000, "30d"),
            (5_400.25, "1h30m250ms"), (-1, "0s"), (.nan, "0s"), (.infinity, "0s"),
        ] as [(Double, String)])
    func `seconds are written short`(seconds: Double, text: String) {
        #expect(PrometheusDuration.text(seconds: seconds) == text)
    }
}
