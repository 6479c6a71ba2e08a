import Foundation
import HTTPServer
import Testing

@testable import Simulator

/// Faults that can be seen without a socket; those that need one are in `LiveFaultTests`.
@Suite struct FaultTests {
    private let stage = SimulatorFixture(rate: 300, historyDays: 3)

    /// Everything that is tested here or over a socket; a new fault must appear in one of them.
    private static let known: Set<Fault> = [
        .refusedDateForm, .clockSkew, .dateWindow, .signing, .unknownToken, .revokedToken, .loginForm, .loggedOut,
        .loginPage, .permission, .inputError, .notFound, .rateLimited, .retryAfterForm, .serverError, .cvesList,
        .filterTypesList, .delay, .slow, .silent, .stall, .cut, .reset, .resetBody, .closed, .gzip, .contentLength,
        .emptyBody, .notJSON, .wrongContent, .contentType, .truncated, .trailingGarbage, .whitespace, .endless,
        .repeatedRecords, .ids, .noCategory, .lateRecords, .lateBy, .negativeDelay, .lateListing, .lateListingShare,
        .suppressed, .acknowledgedAfter, .unreadableEvery, .modelVariants, .descending, .exclusiveEnd,
        .ignoresCreationTime, .refusesCreationTime, .shortFormLacks, .unknownFields, .padding, .numbersAsText,
        .bareDevices, .renamedModels, .noPercentScore, .emptyLicence, .timeWithoutSeconds, .probeError,
        .probesByAddress, .instances, .groupScore, .oldIncidents, .oldStatistics, .noTactics, .youngSite,
    ]

    @Test func `every fault has a test, a summary and a value that it takes`() throws {
        #expect(Self.known == Set(Fault.allCases))
        for fault in Fault.allCases {
            #expect(!fault.summary.isEmpty)
            _ = try fault.value(nil)
            #expect(Help.text.contains("  \(fault.rawValue)"))
        }
    }

    private func answers(_ fault: String, _ target: String = "/modelbreaches?minimal=true") throws -> Answer {
        try stage.set(fault)
        return try stage.answer(target)
    }

    @Test(arguments: [
        ("login-page", 200, "<!DOCTYPE html>"), ("input-error", 400, "{\n  \"modelbreaches\": \"INPUT ERROR\"\n}"),
        ("not-found", 404, "{\"error\":"), ("empty-body", 200, ""), ("not-json", 200, "Service is starting"),
        ("wrong-content", 200, "{}"), ("wrong-content=null", 200, "null"), ("wrong-content=number", 200, "42"),
        ("wrong-content=text", 200, "\"modelbreaches\""), ("wrong-content=nested", 200, "{\"modelbreaches\":[{"),
        ("server-error=501", 501, "Internal Server Error"), ("server-error=503", 503, "Service Unavailable"),
        ("logged-out", 302, ""), ("refuses-creationtime", 200, "["),
    ])
    func `an answer is another one`(_ fault: String, _ status: Int, _ beginning: String) throws {
        let answer = try answers(fault)
        #expect(answer.status == status)
        #expect(beginning.isEmpty ? answer.bytes.isEmpty : answer.text.hasPrefix(beginning))
    }

    @Test func `a login page says who it is`() throws {
        let answer = try answers("login-page")
        #expect(answer.text.contains("<title>Log In | Darktrace</title>"))
        #expect(answer.header("Content-Type") == "text/html; charset=utf-8")
    }

    @Test func `a rate limit says when to come again, in three ways`() throws {
        #expect(try answers("rate-limited=17").header("Retry-After") == "17")
        #expect(try answers("retry-after-form=date").header("Retry-After") == "Thu, 15 Jan 2026 09:30:17 GMT")
        let answer = try answers("retry-after-form=none")
        #expect(answer.header("Retry-After") == nil)
        #expect(answer.status == 429)
    }

    @Test(arguments: [
        ("cut=500", "cut"), ("reset-body=500", "reset"), ("stall=500", "stall"), ("truncated=500", "end"),
    ])
    func `a body breaks off after so many bytes`(_ fault: String, _ ending: String) throws {
        let answer = try answers(fault)
        #expect(answer.bytes.count == 500)
        #expect(answer.ending == ending)
        #expect(throws: (any Error).self) { try answer.json }
    }

    @Test(arguments: ["cut=99999999", "truncated=99999999"]) func `a body that is shorter breaks all the same`(
        _ fault: String
    ) throws {
        let whole = try stage.answer("/time").bytes.count
        let answer = try answers(fault, "/time")
        #expect((1..<whole).contains(answer.bytes.count))
    }

    @Test(arguments: ["cut=0", "stall=0", "reset-body=0"]) func `a body can end before its first byte`(_ fault: String)
        throws
    {
        #expect(try answers(fault).bytes.isEmpty)
    }

    @Test func `a list is laid out oddly and still a list`() throws {
        let plain = try stage.list(stage.everything())
        try stage.set("whitespace")
        let odd = try stage.answer(stage.everything())
        #expect(odd.text.hasPrefix("\r\n [ \n\t"))
        #expect(try #require(odd.json as? [Any]).count == plain.count)
    }

    @Test func `a list goes on after its end, or never ends, or says everything twice`() throws {
        let count = try stage.list(stage.everything()).count
        try stage.set("repeated-records")
        #expect(try stage.list(stage.everything()).count == 2 * count)
        #expect(try answers("trailing-garbage").text.hasSuffix("][]\n<!-- served by node 3 -->"))
        try stage.set("endless")
        let request = Request(target: "/modelbreaches")
        let response = ModelBreachesReply(appliance: stage.appliance, faults: stage.appliance.switches.draw(path: "/"))
            .response(QueryItems(request.query), pathID: nil)
        #expect(Answer(response, limit: 20_000_000).ending == "too long")
    }

    @Test func `another content type is sent`() throws {
        #expect(try answers("content-type").header("Content-Type") == "text/html")
        #expect(try answers("content-type=application/xml").header("Content-Type") == "application/xml")
    }

    @Test func `a delay holds the whole answer`() async throws {
        let clock = ContinuousClock()
        let start = clock.now
        _ = try answers("delay=50")
        let (wakeup, then) = try #require(try stage.answer("/time").deferred)
        await withCheckedContinuation { continuation in wakeup.onFire { continuation.resume() } }
        #expect(clock.now - start >= .milliseconds(50))
        #expect(Answer(then(Request(target: "/time"))).status == 200)
    }

    @Test func `creationtime is ignored or refused by an old version`() throws {
        let population = stage.appliance.population
        let breaches = (Arrivals.bucket(at: population.epoch)...Arrivals.bucket(at: SimulatorFixture.now))
            .flatMap { population.breaches(inBucket: $0) }
        let late = try #require(breaches.first { !$0.isSuppressed && $0.creation - $0.activity > 3_600_000 })
        let (start, end) = (late.activity - 600_000, late.activity + 600_000)
        let target = "/modelbreaches?creationtime=true&endtime=\(end)&includeacknowledged=true&starttime=\(start)"
        func key(_ key: String) throws -> [Int64] { try stage.list(target).compactMap { $0[key] as? Int64 } }
        #expect(try key("creationTime").allSatisfy { (start...end).contains($0) })
        try stage.set("ignores-creationtime")
        #expect(try key("time").allSatisfy { (start...end).contains($0) })
        #expect(try key("creationTime").contains(late.shownCreation(stage.appliance.skew)))
        try stage.set("refuses-creationtime")
        #expect(try stage.answer(target).status == 400)
    }

    @Test func `records lack fields, have unknown ones, are long, or write numbers as text`() throws {
        func first() throws -> [String: Any] { try #require(try stage.list(stage.everything("&minimal=true")).first) }
        func name(_ object: [String: Any]) -> Any? {
            ((object["model"] as? [String: Any])?["then"] as? [String: Any])?["name"]
        }
        try stage.set("short-form-lacks=score,name,creationTime")
        let short = try first()
        #expect(short["score"] == nil && short["creationTime"] == nil && name(short) == nil && short["pbid"] != nil)
        let full = try #require(try stage.list(stage.everything("&minimal=false")).first)
        #expect(full["score"] != nil && full["creationTime"] != nil && name(full) != nil)
        stage.appliance.clear(.shortFormLacks, at: .at(SimulatorFixture.now))
        try stage.set("unknown-fields")
        #expect(try first()["aiaEnrichment"] is [String: Any])
        try stage.set("padding=5000")
        #expect((try first()["padding"] as? String)?.utf8.count == 5_000)
        try stage.set("no-percentscore")
        #expect(try first()["percentscore"] == nil)
        try stage.set("bare-devices")
        #expect((try first()["device"] as? [String: Any])?.count == 1)
        try stage.set("renamed-models")
        let now = (try first()["model"] as? [String: Any])?["now"] as? [String: Any]
        #expect((now?["name"] as? String)?.hasSuffix(" (renamed)") == true)
        #expect((name(try first()) as? String)?.hasSuffix(" (renamed)") == false)
        try stage.set("numbers-as-text=breaches")
        #expect(try first()["score"] is String)
        #expect(try first()["pbid"] is String)
    }

    @Test func `/status differs between versions`() throws {
        func status() throws -> [String: Any] { try #require(try stage.answer("/status").json as? [String: Any]) }
        for fault in ["empty-licence", "time-without-seconds", "probe-error", "instances", "numbers-as-text"] {
            try stage.set(fault)
        }
        let odd = try status()
        #expect(odd["license"] as? String == "")
        #expect(odd["time"] as? String == "2026-01-15 09:30")
        let failed = try #require((odd["probes"] as? [String: Any])?["13"] as? [String: Any])
        #expect(Set(failed.keys) == ["configuredServer", "ipAddress", "label", "error", "lastContact"])
        #expect((odd["instances"] as? [String: Any])?.count == 2)
        #expect(odd["type"] as? String == "unifiedView")
        #expect(odd["cpu"] is String)
        try stage.set("probes-by-address")
        #expect(Set((try status()["probes"] as? [String: Any] ?? [:]).keys) == ["10.0.0.12", "10.0.0.13"])
    }

    @Test func `AI Analyst scores are text or null`() throws {
        try stage.set("group-score=text")
        #expect(try stage.list("/aianalyst/incidentevents").allSatisfy { $0["groupScore"] is String })
        try stage.set("group-score=null")
        #expect(try stage.list("/aianalyst/incidentevents").allSatisfy { $0["groupScore"] is NSNull })
    }

    @Test func `any date is good while the window is open`() throws {
        #expect(try stage.answer("/time", clockOff: 86_400_000).status == 400)
        try stage.set("date-window=0")
        #expect(try stage.answer("/time", clockOff: 86_400_000).status == 200)
        try stage.set("date-window=5")
        #expect(try stage.answer("/time", clockOff: 6_000).status == 400)
    }

    @Test func `what is signed can be narrowed`() throws {
        let sent = "/modelbreaches?from=2026-01-15+08%3A00%3A00"
        let decoded = "/modelbreaches?from=2026-01-15 08:00:00"
        #expect(try stage.answer(sent, signing: decoded).status == 200)
        try stage.set("signing=encoded")
        #expect(try stage.answer(sent, signing: decoded).status == 400)
        try stage.set("signing=unencoded")
        #expect(try stage.answer(sent).status == 400)
        #expect(try stage.answer(sent, signing: decoded).status == 200)
    }
}
