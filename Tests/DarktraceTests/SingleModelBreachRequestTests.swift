import Darktrace
import Locking
import Testing

/// The request for one breach.
@Suite struct SingleModelBreachRequestTests {
    private func send(
        _ body: String, status: Int = 200
    ) async -> (attempt: Attempt, records: [ModelBreach], target: String?) {
        let transport = ScriptedTransport(status, body)
        let client = Client(transport: transport, dateFormat: .spaced, timeout: 30, userAgent: "test")
        let records = Locked<[ModelBreach]>([])
        let attempt = await client.send(
            SingleModelBreachRequest(id: -7_001_234_567_890),
            credentials: Credentials(publicToken: "p", privateToken: "q"),
            wallMilliseconds: 1_760_000_000_000
        ) { record in
            records.withLock { $0.append(record) }
            return true
        }
        return (attempt, records.withLock { $0 }, transport.requests.first?.target)
    }

    @Test func `it asks for the full record, acknowledged or not, and reads one object`() async {
        let (attempt, records, target) = await send(
            """
            {"pbid":-7001234567890,"time":1759990000000,"creationTime":1759990006000,"score":0.9,"commentCount":1,
             "acknowledged":{"time":1759999000000,"username":"analyst"},
             "model":{"then":{"name":"A::B","category":"Critical"},"now":{"name":"C"}},"triggeredComponents":[]}
            """)
        #expect(target == "/modelbreaches?includeacknowledged=true&minimal=false&pbid=-7001234567890")
        #expect(attempt.path == "/modelbreaches" && attempt.error == nil)
        #expect(records.map(\.id) == [-7_001_234_567_890])
        #expect(records.first?.acknowledgedMilliseconds == 1_759_999_000_000)
        #expect(records.first?.category == .critical)
    }

    @Test(arguments: [
        (200, "[]", APIError.Reason.malformed), (200, #"{"pbid":7}"#, .malformed), (200, "{}", .malformed),
        (404, "Not found", .notFound), (400, #"{"modelbreaches":"INPUT ERROR"}"#, .input),
    ])
    func `anything else is an error`(status: Int, body: String, reason: APIError.Reason) async {
        let (attempt, records, _) = await send(body, status: status)
        #expect(attempt.error?.reason == reason)
        #expect(records.isEmpty)
    }
}
