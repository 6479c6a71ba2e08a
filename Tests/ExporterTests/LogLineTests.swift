import Configuration
import Exporter
import Testing

@Suite struct LogLineTests {
    /// Key and value as they come, and the two lines that must leave.
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
            String(decoding: line.rendered(as: .logfmt), as: UTF8.self)
                == "time=2026-01-15T09:30:00.005Z level=WARN msg=\"Poll failed\"\(logfmt)\n")
        #expect(
            String(decoding: line.rendered(as: .json), as: UTF8.self)
                == #"{"time":"2026-01-15T09:30:00.005Z","level":"WARN","msg":"Poll failed"\#(json)}"# + "\n")
    }

    @Test func `a level below the one asked for is not written`() {
        let lines = LogCapture()
        var settings = Settings.Log()
        settings.level = .warn
        let logger = Logger(settings) { lines.append($0) }
        logger.info("quiet")
        logger.error("loud")
        #expect(lines.texts.count == 1)
        #expect(lines.texts.first?.contains("msg=loud") == true)
    }
}
