import Darktrace
import Testing

/// What a log says of a breach in addition to what is counted.
@Suite struct BreachDetailsTests {
    private func read(_ record: String, readsDetails: Bool = true) async throws -> ModelBreach {
        let collected = RecordCollector()
        let client = Client(
            transport: ScriptedTransport(200, "[\(record)]"), dateFormat: .spaced, timeout: 30, userAgent: "tests/1")
        _ = await client.send(
            ModelBreachesRequest(startMilliseconds: 1, endMilliseconds: 2, readsDetails: readsDetails),
            credentials: Credentials(publicToken: "public-token", privateToken: "private-token"),
            wallMilliseconds: 1_768_469_400_000
        ) { result in
            collected.add(result)
            return true
        }
        return try #require(collected.breaches.first)
    }

    private static let record = #"""
        {"pbid":7,"time":1000,"model":{"then":{"name":"x","mitre":{"tactics":["impact","exfiltration"],"techniques":["T1"]}},
        "now":{"name":"x","mitre":{"tactics":["other"]}}},"device":{"did":12,"sid":-9,"hostname":"SaaS::Office365: u@x",
        "ip":"10.0.0.7","macaddress":"aa:bb","devicelabel":"Lab","typename":"desktop","typelabel":"Desktop","os":"x"}}
        """#

    @Test func `the device and the tactics at the time of the breach are read`() async throws {
        var expected = BreachDetails()
        (expected.deviceID, expected.subnetID) = (12, -9)
        (expected.hostname, expected.address, expected.macAddress) = ("SaaS::Office365: u@x", "10.0.0.7", "aa:bb")
        (expected.deviceLabel, expected.deviceType) = ("Lab", "Desktop")
        expected.tactics = ["impact", "exfiltration"]
        #expect(try await read(Self.record).details == expected)
    }

    @Test func `they are read only if the request asks for them`() async throws {
        #expect(try await read(Self.record, readsDetails: false).details == nil)
    }

    @Test(arguments: [
        #"{"pbid":7,"time":1000}"#, #"{"pbid":7,"time":1000,"device":null,"model":null}"#,
        #"{"pbid":7,"time":1000,"device":[],"model":{"mitre":[]}}"#,
        #"{"pbid":7,"time":1000,"device":"x","model":{"mitre":{"tactics":"impact"}}}"#,
        #"{"pbid":7,"time":1000,"device":{"hostname":7,"ip":"","did":"many"},"model":{"mitre":{"tactics":[1]}}}"#,
    ])
    func `a record without them, or with others than expected, is a breach all the same`(record: String) async throws {
        #expect(try await read(record).details == BreachDetails())
    }

    @Test func `a text is at most 200 bytes long`() async throws {
        let name = String(repeating: "é", count: 5_000)
        let details = try await read(#"{"pbid":7,"time":1000,"device":{"hostname":"\#(name)"}}"#).details
        #expect(details?.hostname?.utf8.count == 200)
    }
}
