import Configuration
import Testing

/// The flags that `backfill` alone takes.
@Suite struct BackfillFlagTests {
    private let folder: Folder
    private let good: String

    init() throws {
        folder = try Folder()
        good = try folder.write("good.yml", file())
    }

    private func load(_ arguments: [String]) throws -> Invocation {
        try Settings.load(arguments: arguments, environment: [:], defaultFile: good)
    }

    private func order(_ arguments: String...) throws -> BackfillOptions {
        guard case .backfill(_, let order, _) = try load(["backfill"] + arguments) else { throw Folder.NotARun() }
        return order
    }

    private func complaint(_ arguments: [String]) -> String? {
        do {
            _ = try load(arguments)
            return nil
        } catch { return "\(error)" }
    }

    @Test(
        arguments: [
            ("0", 0), ("1769846400", 1_769_846_400_000), ("1769846400.25", 1_769_846_400_250),
            ("1769846400.1239", 1_769_846_400_124), ("1.7698464e+09", 1_769_846_400_000),
            ("253402300799", 253_402_300_799_000),
            ("1970-01-01T00:00:00Z", 0), ("2026-01-31T08:00:00Z", 1_769_846_400_000),
            ("2026-01-31T09:30:00+01:30", 1_769_846_400_000), ("2026-01-30T22:00:00-10:00", 1_769_846_400_000),
            ("2026-01-31T08:00:00.5Z", 1_769_846_400_500), ("2026-01-31T08:00:00.123456789Z", 1_769_846_400_123),
            ("2024-02-29T00:00:00Z", 1_709_164_800_000), ("2000-02-29T23:59:59Z", 951_868_799_000),
            ("2026-12-31T23:59:59.999Z", 1_798_761_599_999), ("9999-12-31T23:59:59Z", 253_402_300_799_000),
        ] as [(String, Int64)])
    func `a time is read as promtool reads it`(text: String, milliseconds: Int64) throws {
        #expect(try order("--start=\(text)").startMilliseconds == milliseconds)
        #expect(try order("--start=0", "--end=\(text)").endMilliseconds == milliseconds)
        #expect(
            try order("--ledger-start=\(text)").ledgerStarts == [.init(appliance: nil, milliseconds: milliseconds)])
    }

    @Test(arguments: [
        "", " ", "now", "yesterday", "-1", "--1", "+1", "1 ", "nan", "inf", "0x10", "1_000", "1e99", "1769846400000",
        "..", "1.2.3",
        "٣", "1e", "2026-01-31", "2026-01-31 08:00:00Z", "2026-01-31T08:00:00", "2026-01-31T08:00:00z",
        "2026-01-31t08:00:00Z",
        "2026-01-31T08:00Z", "2026-1-31T08:00:00Z", "2026-01-31T24:00:00Z", "2026-01-31T08:60:00Z",
        "2026-01-31T08:00:60Z", "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-04-31T00:00:00Z", "0000-01-01T00:00:00Z",
        "1969-12-31T23:59:59Z", "1970-01-01T00:00:00+00:01", "2026-01-31T08:00:00.Z", "2026-01-31T08:00:00,5Z",
        "2026-01-31T08:00:00.1234567890Z", "2026-01-31T08:00:00+1:00", "2026-01-31T08:00:00+24:00",
        "2026-01-31T08:00:00+01:60", "2026-01-31T08:00:00+0100", "2026-01-31T08:00:00ZZ", "2026-01-31T08:00:00Z\n",
        "２026-01-31T08:00:00Z", "9999-12-31T23:59:59-00:01",
    ])
    func `anything else is no time`(text: String) {
        let needs = "needs a time like 2026-01-31T00:00:00Z, or Unix seconds, try --help"
        #expect(complaint(["backfill", "--start=\(text)"]) == "error: flag '--start' \(needs)")
        #expect(complaint(["backfill", "--start=0", "--end=\(text)"]) == "error: flag '--end' \(needs)")
        #expect(complaint(["backfill", "--ledger-start=hq=\(text)"]) == "error: flag '--ledger-start' \(needs)")
    }

    @Test func `labels are taken in their order, with whatever value`() throws {
        let order = try order(
            "--start=0", "--label=job=darktrace", "--label", "instance=[::1]:13947", "--label=_x9=a=b\"\\ \n€")
        #expect(
            order.labels == [
                .init(name: "job", value: "darktrace"), .init(name: "instance", value: "[::1]:13947"),
                .init(name: "_x9", value: "a=b\"\\ \n€"),
            ])
    }

    @Test(arguments: ["", "job", "=x", "9=x", "__a=x", "a-b=x", "a b=x", "ä=x", "a:b=x", " a=x"])
    func `a label needs a name that Prometheus allows`(text: String) {
        #expect(
            complaint(["backfill", "--start=0", "--label=\(text)"])
                == "error: flag '--label' needs NAME=VALUE, the name of letters, digits and _, no digit first and no __, "
                + "try --help")
    }

    @Test func `what the series have themselves cannot be given, nor a label twice or empty`() {
        for name in ["appliance", "model", "category", "le"] {
            #expect(
                complaint(["backfill", "--start=0", "--label=\(name)=x"])
                    == "error: flag '--label' must not be one of appliance, model, category, le, "
                    + "which the series already have, try --help")
        }
        #expect(
            complaint(["backfill", "--start=0", "--label=a=1", "--label=a=2"])
                == "error: flag '--label' names a label twice, try --help")
        #expect(
            complaint(["backfill", "--start=0", "--label=a="])
                == "error: flag '--label' needs a value after the =, try --help")
    }

    @Test func `a ledger's start may be of one appliance`() throws {
        let order = try order("--ledger-start=a=b=12", "--ledger-start=hq=13.5")
        #expect(
            order.ledgerStarts == [
                .init(appliance: "a=b", milliseconds: 12_000), .init(appliance: "hq", milliseconds: 13_500),
            ])
        #expect(
            complaint(["backfill", "--ledger-start=hq=1", "--ledger-start=hq=2"])
                == "error: flag '--ledger-start' names an appliance twice, try --help")
        #expect(
            complaint(["backfill", "--ledger-start==1"])
                == "error: flag '--ledger-start' needs the name of an appliance before the =, try --help")
    }

    @Test func `a step is a duration`() throws {
        #expect(try order("--start=0").stepMilliseconds == 300_000)
        #expect(try order("--start=0", "--step=1m30s").stepMilliseconds == 90_000)
        for text in ["", "0", "300", "999ms", "-1m", "2d", "fast"] {
            #expect(
                complaint(["backfill", "--start=0", "--step=\(text)"])
                    == "error: flag '--step' needs a duration from 1s to 1d, like 5m, try --help")
        }
    }

    @Test func `it needs to know from when`() {
        let needs = "error: command 'backfill' needs --start, the time from which on breaches are written, try --help"
        #expect(complaint(["backfill"]) == needs)
        #expect(complaint(["backfill", "--end=5"]) == needs)
        #expect(complaint(["backfill", "--ledger-start=5"]) == nil)
    }

    @Test(arguments: ["--start=0", "--end=1", "--step=5m", "--label=a=b", "--ledger-start=1"])
    func `other commands refuse these flags and say whose they are`(flag: String) {
        let name = flag.prefix { $0 != "=" }
        for command in [[], ["serve"], ["check"], ["once"]] {
            #expect(complaint([flag] + command) == "error: flag '\(name)' belongs to the command backfill, try --help")
        }
        #expect(complaint(["backfill", "--start=0", flag]) == nil || flag == "--start=0")
    }

    @Test func `its settings are those of every command`() throws {
        guard case .run(let settings, _) = try load(["--log.level=warn"]) else { throw Folder.NotARun() }
        var order = BackfillOptions()
        order.startMilliseconds = 0
        #expect(
            try load(["backfill", "--log.level=warn", "--start=0"]) == .backfill(settings, order, warnings: []))
        #expect(
            try load(["backfill", "--start=0", "--config.check", "--log.level=warn"])
                == .check(settings, isSyntaxOnly: false, warnings: []))
    }
}
