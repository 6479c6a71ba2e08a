import Locking
import Logging
import Testing

@Suite struct LogLineTests {
    /// Key and value as they come, and the expected ends of the two lines.
    static let cases: [(fields: [(key: String, value: String)], logfmt: String, json: String)] = [
        ([], "", ""),
        ([("appliance", "hq")], " appliance=hq", #","appliance":"hq""#),
        ([("detail", "two words")], #" detail="two words""#, #","detail":"two words""#),
        ([("detail", "")], #" detail="""#, #","detail":"""#),
        ([("detail", "a\nb")], #" detail="a\nb""#, #","detail":"a\nb""#),
        ([("detail", #"say "no""#)], #" detail="say \"no\"""#, #","detail":"say \"no\"""#),
        ([("detail", #"a\b"#)], #" detail="a\\b""#, #","detail":"a\\b""#),
        ([("detail", "a=b")], #" detail="a=b""#, #","detail":"a=b""#),
        ([("detail", "\u{1B}[31mred")], #" detail="\u001b[31mred""#, #","detail":"\u001b[31mred""#),
        ([("detail", "abc\u{202E}cba")], #" detail="abc\u202ecba""#, #","detail":"abc\u202ecba""#),
        ([("detail", "abc\u{061C}cba")], #" detail="abc\u061ccba""#, #","detail":"abc\u061ccba""#),
        ([("detail", "grün")], " detail=grün", #","detail":"grün""#),
    ]

    @Test(arguments: cases) func `a line is one line whatever its values hold`(
        fields: [(key: String, value: String)], logfmt: String, json: String
    ) {
        let line = LogLine(milliseconds: 1_768_469_400_005, level: .warn, message: "Poll failed", fields: fields)
        #expect(
            String(decoding: line.encoded(as: .logfmt), as: UTF8.self)
                == "time=2026-01-15T09:30:00.005Z level=WARN msg=\"Poll failed\"\(logfmt)\n")
        #expect(
            String(decoding: line.encoded(as: .json), as: UTF8.self)
                == #"{"time":"2026-01-15T09:30:00.005Z","level":"WARN","msg":"Poll failed"\#(json)}"# + "\n")
    }

    @Test(arguments: LogLevel.allCases) func `a level below the configured one is not written`(level: LogLevel) {
        let lines = Locked(0)
        let logger = Logger(level: level, format: .logfmt) { _ in lines.withLock { $0 += 1 } }
        logger.debug("a")
        logger.info("b")
        logger.warn("c")
        logger.error("d")
        let expected = [LogLevel.debug: 4, .info: 3, .warn: 2, .error: 1]
        #expect(lines.withLock { $0 } == expected[level])
    }
}
