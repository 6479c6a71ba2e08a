import Collector
import Darktrace
import Locking
import Logging
import Testing

@testable import Exporter

/// The log line of a counted breach.
@Suite struct BreachLogTests {
    private func lines(_ breaches: [ModelBreach], format: LogFormat = .logfmt, level: LogLevel = .info) -> [String] {
        let lines = Locked<[String]>([])
        let logger = Logger(level: level, format: format) { line in
            lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) }
        }
        EventLogger.log(Event(appliance: "hq", .breachesCounted(breaches)), logger)
        return lines.withLock { $0 }
    }

    private func breach(_ change: (inout BreachDetails) -> Void = { _ in }) -> ModelBreach {
        var details = BreachDetails()
        change(&details)
        return ModelBreach(
            id: -1_234_567_890_123, creationMilliseconds: 1_768_469_400_123,
            activityMilliseconds: 1_768_469_394_000, score: 0.674, model: "Compromise::Beacon", category: .critical,
            details: details)
    }

    @Test func `a line has everything that the record has`() throws {
        let breach = breach {
            ($0.deviceID, $0.subnetID) = (204, -9)
            ($0.hostname, $0.address, $0.macAddress) = ("ws-0204", "10.1.2.3", "aa:bb:cc:dd:ee:ff")
            ($0.deviceLabel, $0.deviceType) = ("Reception", "Desktop")
            $0.tactics = ["command-and-control", "exfiltration"]
        }
        let line = try #require(lines([breach]).first)
        #expect(
            line.drop { $0 != " " } == """
                 level=INFO msg="Model breach" appliance=hq pbid=-1234567890123 model=Compromise::Beacon \
                category=critical score=0.674 created=2026-01-15T09:30:00.123Z activity=2026-01-15T09:29:54.000Z \
                did=204 hostname=ws-0204 ip=10.1.2.3 mac=aa:bb:cc:dd:ee:ff subnet=-9 device_label=Reception \
                device_type=Desktop tactics=command-and-control,exfiltration

                """)
    }

    @Test func `what the record lacks is not in the line`() throws {
        let bare = ModelBreach(
            id: 5, creationMilliseconds: nil, activityMilliseconds: 1_768_469_394_000, score: nil, model: "unknown",
            category: .informational, lacksName: true, details: BreachDetails())
        let line = try #require(lines([bare]).first)
        #expect(
            line.drop { $0 != " " }
                == " level=INFO msg=\"Model breach\" appliance=hq pbid=5 category=informational "
                + "activity=2026-01-15T09:29:54.000Z\n")
    }

    @Test(arguments: LogFormat.allCases)
    func `a hostile name adds neither a line nor a field`(format: LogFormat) throws {
        let hostile = "a\" pbid=6 model=\"x\nlevel=ERROR \u{202E}\u{1B}[31m\\"
        let written = lines([breach { $0.hostname = hostile }], format: format)
        let line = try #require(written.first)
        #expect(written.count == 1 && line.filter { $0 == "\n" }.count == 1 && line.hasSuffix("\n"))
        let escaped = #""a\" pbid=6 model=\"x\nlevel=ERROR \u202e\u001b[31m\\""#
        #expect(line.contains(format == .json ? #""hostname":"# + escaped : "hostname=" + escaped))
    }

    @Test func `lines are written whatever the level, one for each breach`() {
        #expect(lines([breach(), breach()], level: .error).count == 2)
    }
}
