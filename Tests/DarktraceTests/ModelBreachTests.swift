import Darktrace
import Testing

@Suite struct ModelBreachTests {
    /// What becomes of one record.
    private func read(_ record: String) async throws -> Result<ModelBreach, UnreadableRecord> {
        let collected = RecordCollector()
        let attempt = await ask(ScriptedTransport(200, "[\(record)]"), into: collected)
        #expect(attempt.error == nil)
        #expect(collected.all.count == 1)
        return try #require(collected.all.first)
    }

    @Test func `a record in full is read`() async throws {
        let record = """
            {"commentCount":0,"pbid":27103,"time":1768469394000,"creationTime":1768469400123,"score":0.674,
             "acknowledged":{"time":1768469500000,"username":"x"},"model":{"then":{"name":"Compromise::Watched Domain","pid":1,
             "priority":4,"category":"Suspicious","compliance":false,"tags":[""],"mitre":{"tactics":["x"]}},
             "now":{"name":"Renamed","priority":5,"category":"Critical","compliance":true}},
             "triggeredComponents":[{}],"device":{"did":-1}}
            """
        #expect(
            try await read(record).get()
                == ModelBreach(
                    id: 27_103, creationMilliseconds: 1_768_469_400_123, activityMilliseconds: 1_768_469_394_000,
                    score: 0.674, model: "Compromise::Watched Domain", category: .suspicious,
                    acknowledgedMilliseconds: 1_768_469_500_000))
        #expect(try await !read(record).get().lacksShortFields)
    }

    @Test(arguments: [
        (#""pbid":5"#, Int64(5)), (#""pbid":-5"#, -5), (#""pbid":1234567890123"#, 1_234_567_890_123),
        (#""pbid":-1234567890123"#, -1_234_567_890_123), (#""pbid":"77""#, 77), (#""pbid":"-77""#, -77),
        (#""pbid":7.0"#, 7), (#""pbid":9223372036854775807"#, .max), (#""pbid":-9223372036854775808"#, .min),
        (#""pbid":9007199254740993"#, 9_007_199_254_740_993), (#""pbid":1,"pbid":2"#, 1),
    ])
    func `an id may be negative, long or text`(field: String, id: Int64) async throws {
        #expect(try await read(#"{\#(field),"time":1000}"#).get().id == id)
    }

    @Test(arguments: [
        ("1", UnreadableRecord.Kind.notAnObject), ("\"text\"", .notAnObject), ("null", .notAnObject),
        ("[1]", .notAnObject), (#"{"time":1}"#, .noID), (#"{"pbid":null,"time":1}"#, .noID),
        (#"{"pbid":{},"time":1}"#, .noID), (#"{"pbid":1.5,"time":1}"#, .noID), (#"{"pbid":true,"time":1}"#, .noID),
        (#"{"pbid":9223372036854775808,"time":1}"#, .noID), (#"{"pbid":1e400,"time":1}"#, .noID),
        (#"{"pbid":"","time":1}"#, .noID), (#"{"pbid":1}"#, .noTime), (#"{"pbid":1,"time":0}"#, .noTime),
        (#"{"pbid":1,"time":-5,"creationTime":[]}"#, .noTime), (#"{"pbid":1,"time":99999999999999999}"#, .noTime),
        ("{}", .noID), (#"{"pbid":1"time":1}"#, .notJSON), (#"{"pbid":1,,"time":1}"#, .notJSON), ("{]", .notJSON),
        ("{pbid:1}", .notJSON), (#"{"pbid":01,"time":1}"#, .noID),
    ])
    func `a record that cannot be counted says why, and the rest goes on`(
        record: String, kind: UnreadableRecord.Kind
    ) async throws {
        let collected = RecordCollector()
        let good = #"{"pbid":1,"time":1000}"#
        let attempt = await ask(ScriptedTransport(200, "[\(good),\(record),\(good)]"), into: collected)
        #expect(attempt.error == nil)
        #expect(collected.breaches.count == 2)
        let middle = try #require(collected.all.dropFirst().first)
        let problem = #expect(throws: UnreadableRecord.self) { try middle.get() }
        #expect(problem?.kind == kind)
    }

    @Test func `nesting beyond reason costs one record only`() async throws {
        let deep = String(repeating: #"{"a":"#, count: 5_000) + "1" + String(repeating: "}", count: 5_000)
        let result = try await read(deep)
        let problem = #expect(throws: UnreadableRecord.self) { try result.get() }
        #expect(problem?.kind == .notJSON)
    }

    @Test(arguments: [
        (#""score":0.5"#, 0.5), (#""score":0"#, 0), (#""score":1"#, 1), (#""score":"0.25""#, 0.25),
        (#""score":1.001"#, nil), (#""score":-0.1"#, nil), (#""score":null"#, nil), (#""score":true"#, nil),
        (#""score":1e400"#, nil), (#""score":NaN"#, nil), (#""score":-Infinity"#, nil), (#""score":"nan""#, nil),
        (#""x":1"#, nil), (#""percentscore":67.4"#, 0.674), (#""score":"high","percentscore":50"#, 0.5),
        (#""score":7,"percentscore":"25""#, 0.25), (#""percentscore":101"#, nil),
        (#""score":0.1,"percentscore":90"#, 0.1),
    ])
    func `a score is a fraction, or missing`(field: String, score: Double?) async throws {
        let breach = try await read(#"{"pbid":1,"creationTime":1000,"model":{"name":"x"},\#(field)}"#).get()
        #expect(breach.score == score)
        #expect(breach.lacksShortFields == (score == nil))
    }

    @Test(arguments: [
        (#""priority":5"#, Category.critical), (#""priority":4"#, .suspicious), (#""priority":3"#, .informational),
        (#""priority":0"#, .informational), (#""priority":"5""#, .critical), (#""priority":{}"#, .informational),
        (#""x":1"#, .informational), (#""category":"Critical""#, .critical), (#""category":"SUSPICIOUS""#, .suspicious),
        (#""category":"Informational","priority":5"#, .informational), (#""category":"Other","priority":5"#, .critical),
        (#""category":5,"priority":4"#, .suspicious), (#""category":"","priority":4"#, .suspicious),
        (#""category":"Compliance","priority":4"#, .suspicious),
        (#""category":"Critical","compliance":true"#, .compliance),
        (#""category":"Critical","compliance":false"#, .critical), (#""compliance":"true""#, .compliance),
        (#""compliance":1"#, .compliance), (#""compliance":0,"priority":4"#, .suspicious),
        (#""compliance":null,"priority":4"#, .suspicious),
    ])
    func `the category is compliance by flag, else by word, else by priority`(
        fields: String, category: Category
    ) async throws {
        let then = #"{"pbid":1,"time":1000,"model":{"then":{"name":"x",\#(fields)},"now":{"priority":0}}}"#
        #expect(try await read(then).get().category == category)
        let flat = #"{"pbid":1,"time":1000,"model":{"name":"x",\#(fields)}}"#
        #expect(try await read(flat).get().category == category)
    }

    @Test(arguments: [
        (#"{"then":{"name":"A::B"},"now":{"name":"C"}}"#, "A::B"), (#"{"name":"Flat"}"#, "Flat"),
        (#"{"then":null,"now":{"name":"C"}}"#, "unknown"), (#"{"then":{"name":""},"now":{"name":"C"}}"#, "unknown"),
        (#"{"then":[]}"#, "unknown"), (#"{"name":5}"#, "unknown"), (#"{}"#, "unknown"), ("[]", "unknown"),
        ("null", "unknown"), (#""text""#, "unknown"), (#"{"name":"a\nb\u0000\"c"}"#, "a\nb\0\"c"),
        (#"{"name":"\ud83d\ude00"}"#, "😀"), (#"{"name":"x\ud800y"}"#, "x\u{FFFD}y"),
        (#"{"name":"\udc00\ud83d\ude00\ud800"}"#, "\u{FFFD}😀\u{FFFD}"), (#"{"name":"\uZZZZ"}"#, "\u{FFFD}ZZZZ"),
        ("{\"name\":\"tab\there\"}", "tab\there"), (#"{"name":"a\qb"}"#, "aqb"),
    ])
    func `the name is that of the breach, or unknown`(model: String, name: String) async throws {
        let breach = try await read(#"{"pbid":1,"time":1000,"model":\#(model)}"#).get()
        #expect(breach.model == name)
        #expect(breach.lacksName == (name == "unknown"))
    }

    @Test(arguments: [
        (String(repeating: "a", count: 200), 200), (String(repeating: "a", count: 201), 200),
        (String(repeating: "a", count: 199) + "é", 199), (String(repeating: "a", count: 198) + "é", 200),
        (String(repeating: "a", count: 197) + "👨‍👩‍👧‍👦", 197), (String(repeating: "€", count: 100), 198),
        ("e" + String(repeating: "\u{301}", count: 500), 199), (String(repeating: "x", count: 1_000_000), 200),
    ])
    func `a name is cut where a character ends`(name: String, length: Int) async throws {
        let model = try await read(#"{"pbid":1,"time":1000,"model":{"name":"\#(name)"}}"#).get().model
        #expect(model.utf8.count == length)
        #expect(name.utf8.starts(with: model.utf8))
    }

    @Test(arguments: [
        "0", "-0", "1.5e-7", "1E+308", "123456789012345678901234567890", "1e400", "-1e400",
        "0.\(String(repeating: "1", count: 400))",
        String(repeating: "9", count: 400), "true", "false", "null", #""""#, #""\u0000\ud83d\ude00\/""#, "[]", "{}",
        #"{"":""}"#, "[[[]],{}]", " [ 1 , 2 ] ", #"[1,{"a":[null,"\\"]}]"#, #""é""#, "\"\u{7F}\u{2028}\"",
        String(repeating: "[", count: 511) + String(repeating: "]", count: 511),
        "\"\(String(repeating: "x", count: 500_000))\"",
    ])
    func `a field that is not read may have any value`(value: String) async throws {
        let before = try await read(#"{"x":\#(value),"pbid":1,"time":1000,"model":{"name":"A::B"},"score":0.5}"#).get()
        #expect(before.model == "A::B" && before.score == 0.5)
        #expect(
            try await read(#"{"pbid":1,"time":1000,"model":{"name":"A::B"},"score":0.5,"x":\#(value)}"#).get() == before
        )
    }

    @Test(arguments: [
        "", "tru", "True", "nul", "+1", "1.", ".5", "01", "0x1", "1e", "--1", "'a'", "[1,]", "[1 2]", "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}", "{a:1}", "1 // a comment", "/* a comment */ 1", "NaN", "Infinity", "-Infinity", "\"\u{1}\"",
        #""\x""#,
        #""\u12""#, #""\ud800""#,
        String(repeating: "[", count: 512) + String(repeating: "]", count: 512),
    ])
    func `what is no JSON costs one record at most, and nothing where it can be repaired`(value: String) async throws {
        let isRepaired = [
            "+1", "1.", ".5", "01", "1e", "--1", "NaN", "Infinity", "-Infinity", "\"\u{1}\"", #""\x""#, #""\u12""#,
            #""\ud800""#,
        ].contains(value)
        let result = try await read(#"{"pbid":1,"time":1000,"x":\#(value)}"#)
        guard case .failure(let problem) = result else {
            #expect(isRepaired)
            return
        }
        #expect(problem.kind == .notJSON && !isRepaired)
    }

    @Test func `a zero byte in a record is no end of it`() async throws {
        await #expect(throws: UnreadableRecord.self) { try await read("{\"pbid\":1,\0\"time\":1000}").get() }
    }

    @Test func `fields are found by the bytes of their names`() async throws {
        // A text with an accent is equal to the same one with a combining accent, a field of JSON is not.
        await #expect(throws: UnreadableRecord.self) { try await read(#"{"pbid\u0000":1,"time":1000}"#).get() }
        #expect(try await read(#"{"\u0070bid":1,"time":1000}"#).get().id == 1)
        #expect(
            try await read(#"{"pbi":7,"pbid2":8,"x":{"pbid":9},"y":["pbid",5],"pbid":1,"time":1000}"#).get().id == 1)
    }

    /// The parser scans 16 bytes at a time, so that what it finds must not depend on the place.
    @Test(arguments: ["\u{1}", "\u{19}", "\u{1A}", "\u{1B}", "\u{1F}"])
    func `a control character is part of a name wherever it is`(_ control: String) async throws {
        for padding in 0..<40 {
            for end in ["", "é"] {
                let name = String(repeating: "a", count: padding) + control
                let record = #"{"pbid":1,"time":1000,"model":{"name":"\#(name)\ud800\#(end)"}}"#
                #expect(try await read(record).get().model == name + "\u{FFFD}" + end)
            }
        }
    }

    @Test func `bytes that are no UTF-8 are replaced`() async throws {
        let transport = BytesTransport(
            Array(#"[{"pbid":1,"time":1000,"model":{"name":"a"#.utf8) + [0xFF, 0xC3] + Array(#"b"}}]"#.utf8))
        let collected = RecordCollector()
        let client = Client(transport: transport, dateFormat: .spaced, timeout: 1, userAgent: "tests")
        let attempt = await client.send(
            ModelBreachesRequest(startMilliseconds: 0, endMilliseconds: 1),
            credentials: Credentials(publicToken: "a", privateToken: "b"), wallMilliseconds: 0
        ) { result in
            collected.add(result)
            return true
        }
        #expect(attempt.error == nil)
        #expect(collected.breaches.map(\.model) == ["a\u{FFFD}\u{FFFD}b"])
    }
}

/// Answers with bytes that no text could hold.
private struct BytesTransport: Transport {
    let body: [UInt8]

    init(_ body: [UInt8]) { self.body = body }

    func send(_ request: OutgoingRequest, to receiver: any ResponseSink) async -> TransportResult {
        let head = ResponseHead(status: 200, headers: [])
        receiver.receive(head)
        _ = receiver.receive(body.span.bytes)
        return TransportResult(head: head, bodyBytes: body.count)
    }
}
