import Darktrace
import Locking
import Testing

@Suite struct StatusTests {
    /// What became of an answer.
    private func ask(
        _ body: String, status: Int = 200, headers: [(String, String)] = [], failure: TransportError? = nil
    ) async -> (attempt: Attempt, status: Status?) {
        let kept = Locked<[Status]>([])
        let transport = ScriptedTransport(status, body, headers: headers, failure: failure)
        let client = Client(transport: transport, dateFormat: .spaced, timeout: 30, userAgent: "tests/1")
        let attempt = await client.send(
            StatusRequest(), credentials: Credentials(publicToken: "public-token", privateToken: "private-token"),
            wallMilliseconds: 1_768_469_400_000
        ) { status in
            kept.withLock { $0.append(status) }
            return true
        }
        #expect(transport.requests.map(\.target) == ["/status?fast=true&includechildren=true"])
        #expect(attempt.path == "/status")
        return (attempt, kept.withLock { $0.first })
    }

    private func read(_ fields: String) async throws -> Status {
        let (attempt, status) = await ask(#"{"version":"7.1",\#(fields)}"#)
        #expect(attempt.error == nil)
        return try #require(status)
    }

    @Test func `a status in full is read`() async throws {
        let status = try await read(
            """
            "excessTraffic":false,"time":"2026-01-15 09:30:05","hostname":"dt-1","label":"HQ","ipAddress":"10.0.0.5",
            "type":"master","modelPackageVersion":"6.1.8","bundleVersion":"61023","systemUptime":"1207:14:03",
            "modelsUpdated":"2026-01-14 06:12:11","license":"2027-01-01 00:00:00","saasConnectorLicense":"",
            "preventE2ELicense":"2026-06-30 12:00","licenseCounts":{"licenseIPCount":60},
            "cpu":22,"load":18.5,"memoryUsed":"61","diskUtilization":3,"diskSpaceUsed_":36,"diskSpaceUsed_var":41.5,
            "dataQueue":2,"darkflowQueue":0,"bandwidthCurrent":240000000,"processedBandwidthCurrent":8,
            "connectionsPerMinuteCurrent":90,"networkInterfacesState_eth0":"up","networkInterfacesState_eth1":"down",
            "networkInterfacesAddress_eth0":"10.0.0.5","networkInterfacesReceived_eth0":9007199254740993,
            "networkInterfacesTransmitted_eth0":"12","activeDevicesHour":44,"activeDevices4Weeks":72,"newDevices7Days":9,
            "mostRecentDNSTraffic":"2026-01-15 09:29:00","antigenaNetworkEnabled":true,"antigenaNetworkRunning":"false",
            "subnetData":[{"sid":1}]
            """)
        var system = SystemStatus()
        (system.hostname, system.label, system.address, system.type) = ("dt-1", "HQ", "10.0.0.5", "master")
        (system.version, system.modelPackageVersion, system.bundleVersion) = ("7.1", "6.1.8", "61023")
        system.uptimeSeconds = 1_207 * 3_600 + 14 * 60 + 3
        (system.cpu, system.load, system.memory, system.diskUtilization) = (0.22, 0.185, 0.61, 0.03)
        system.diskSpace = ["/": 0.36, "var": 0.415]
        (system.dataQueueSeconds, system.darkflowQueueSeconds, system.hasExcessTraffic) = (2, 0, false)
        (system.bytesPerSecond, system.processedBytesPerSecond, system.connectionsPerSecond) = (30_000_000, 1, 1.5)
        var (first, second) = (SystemStatus.Interface(), SystemStatus.Interface())
        (first.isUp, first.receivedBytes, first.transmittedBytes) = (true, 9_007_199_254_740_992, 12)
        second.isUp = false
        system.interfaces = ["eth0": first, "eth1": second]
        #expect(status.system == system)
        #expect(status.licenseEnds == ["license": 1_798_761_600_000, "preventE2ELicense": 1_782_820_800_000])
        #expect(status.modelsUpdatedMilliseconds == 1_768_371_131_000)
        #expect(status.protocolsSeenMilliseconds == ["DNS": 1_768_469_340_000])
        #expect(status.activeDevices == [.hour: 44, .month: 72] && status.newDevices == [.week: 9])
        #expect(status.isAntigenaEnabled == true && status.isAntigenaRunning == false)
        #expect(status.probes.isEmpty && status.masters.isEmpty && status.dropped.isEmpty)
    }

    /// A field as no appliance should write it, and what is known of the processor then.
    static let percentages: [(value: String, ratio: Double?)] = [
        ("0", 0), ("100", 1), ("12.5", 0.125), (#""12.5""#, 0.125), ("1e1", 0.1), ("-0", 0), ("101", nil), ("-1", nil),
        ("1e400", nil), ("null", nil), ("true", nil), ("[1]", nil), ("{}", nil), (#""""#, nil), (#""12%""#, nil),
        (#""nan""#, nil), (#""inf""#, nil), ("NaN", nil),
    ]

    @Test(arguments: percentages) func `what is no percentage is not known, and never 0`(
        value: String, ratio: Double?
    ) async throws {
        let status = try await read(#""cpu":\#(value),"memoryUsed":50"#)
        #expect(status.system.cpu == ratio)
        #expect(status.system.memory == 0.5, "a field costs itself alone")
    }

    @Test(arguments: [
        ("2026-01-15 09:30:00", Int64(1_768_469_400_000)), ("2026-01-15 09:30", 1_768_469_400_000),
        ("2026-01-15T09:30:00", 1_768_469_400_000), ("1970-01-01 00:00:00", 0),
        ("9999-12-31 23:59:59", 253_402_300_799_000), ("", nil), ("never", nil), ("2026-01-15", nil),
        ("2026-13-15 09:30:00", nil), ("2026-01-32 09:30:00", nil), ("2026-01-15 24:30:00", nil),
        ("2026-01-15 09:60:00", nil), ("2026-01-15 09:30:61", nil), ("2026-01-15 09:30:0x", nil),
        ("2026-01-15 09:30:00Z", nil), ("1969-01-15 09:30:00", nil), ("-026-01-15 09:30:00", nil),
        ("10/22/18", nil), ("２０２６-01-15 09:30", nil),
    ])
    func `both forms of a time are read, and nothing else`(text: String, milliseconds: Int64?) async throws {
        #expect(try await read(#""license":"\#(text)""#).licenseEnds["license"] == milliseconds)
    }

    @Test(arguments: [
        ("00:00:00", 0.0), ("5:04:03", 18_243), ("999999:59:59", 3_599_999_999), ("1:2:3", nil), ("1:02", nil),
        ("1:60:00", nil), ("-1:00:00", nil), ("12345678:00:00", nil), ("1:00:00:00", nil), ("3 days", nil), ("", nil),
    ])
    func `an uptime is hours, minutes and seconds`(text: String, seconds: Double?) async throws {
        #expect(try await read(#""uptime":"\#(text)""#).system.uptimeSeconds == seconds)
    }

    @Test func `probes come by number or address, and a failed one has few fields`() async throws {
        let status = try await read(
            """
            "probes":{"12":{"id":12,"label":"Probe 12","type":"vSensor","cpu":11,"memoryUsed":40,"dataQueue":0,
            "version":"6.1","bandwidthCurrent":80,"metadata":null},
            "10.0.0.13":{"configuredServer":"10.0.0.13","ipAddress":"10.0.0.13","label":"Probe 13","error":true,
            "lastContact":"2026-01-15 06:30"},
            "14":{"error":"timed out"},"15":{"error":false},"16":{"error":"false"},"17":{"error":1},
            "odd":7,"none":null,"list":[],"":{"cpu":1}}
            """)
        #expect(Set(status.probes.keys) == ["12", "10.0.0.13", "14", "15", "16", "17"])
        #expect(status.probes.filter(\.value.hasFailed).keys.sorted() == ["10.0.0.13", "14", "17"])
        #expect(status.probes["12"]?.cpu == 0.11 && status.probes["12"]?.bytesPerSecond == 10)
        let failed = try #require(status.probes["10.0.0.13"])
        #expect(failed.label == "Probe 13" && failed.cpu == nil)
        #expect(failed.lastContactMilliseconds == 1_768_458_600_000)
    }

    @Test func `the masters of a Unified View have probes of their own`() async throws {
        let status = try await read(
            """
            "type":"unifiedView","instances":{"1":{"hostname":"m1","label":"Site 1","cpu":31,"probes":{"12":{"cpu":1}}},
            "Site 2":{"error":true,"lastContact":"2026-01-15 06:30:00","probes":{}},"odd":"gone"}
            """)
        #expect(status.masters.keys.sorted() == ["1", "Site 2"])
        #expect(status.masters["1"]?.system.cpu == 0.31 && status.masters["1"]?.probes["12"]?.cpu == 0.01)
        #expect(status.masters["Site 2"]?.system.hasFailed == true)
        #expect(!status.system.hasFailed)
    }

    @Test func `of everything that there may be many of, a bounded number is kept, and the rest is reported`() async throws
    {
        let numbers = 0..<300
        let object = { (value: String) in numbers.map { "\"\($0)\":\(value)" }.joined(separator: ",") }
        let fields = { (name: String, value: String, ending: String) in
            numbers.map { "\"\(name)\($0)\(ending)\":\(value)" }.joined(separator: ",")
        }
        let status = try await read(
            """
            "probes":{\(object("{}"))},"instances":{\(object("{\"probes\":{\"1\":{},\"2\":{}}}"))},
            \(fields("diskSpaceUsed_", "1", "")),\(fields("networkInterfacesState_", "\"up\"", "")),
            \(fields("more", "\"2026-01-15 09:30\"", "License")),
            \(fields("mostRecent", "\"2026-01-15 09:30\"", "Traffic"))
            """)
        #expect(status.probes.count == 256 && status.masters.count == 64)
        #expect(!status.masters.values.contains { !$0.probes.isEmpty })
        #expect(status.system.diskSpace.count == 64 && status.system.interfaces.count == 64)
        #expect(status.licenseEnds.count == 64 && status.protocolsSeenMilliseconds.count == 64)
        #expect(
            status.dropped == [
                .probes: 428, .masters: 300, .interfaces: 300, .mounts: 300, .licenses: 300, .protocols: 300,
            ])
    }

    @Test func `names and texts are cut, and names that are alike then stand once`() async throws {
        let long = String(repeating: "é", count: 150)
        let status = try await read(#""hostname":"\#(long)","probes":{"\#(long)a":{"cpu":1},"\#(long)b":{"cpu":2}}"#)
        #expect(status.system.hostname?.utf8.count == 200)
        #expect(status.probes.count == 1)
        #expect(status.probes.first?.key.utf8.count == 200)
        #expect(status.probes.first?.value.cpu == 0.01)
    }

    @Test func `an unpaired surrogate costs nothing`() async throws {
        let status = try await read(#""label":"\ud800x","probes":{"\udc00":{"label":"\ud800"}}"#)
        #expect(status.system.label == "\u{FFFD}x")
        #expect(status.probes["\u{FFFD}"]?.label == "\u{FFFD}")
    }

    /// An answer that is no status, and what it is a refusal of.
    static let refusals: [(body: String, status: Int, reason: APIError.Reason)] = [
        ("{ \"status\": \"API SIGNATURE ERROR\" }", 400, .signature),
        ("{ \"status\": \"API DATE ERROR\" }", 400, .date),
        ("{ \"status\": \"INPUT ERROR\" }", 400, .input), ("{ \"error\": \"403 Forbidden\" }", 403, .permission),
        ("Found. Redirecting to /403", 302, .permission), ("Found. Redirecting to /login", 302, .login),
        ("{\"error\":\"Please login again\"}", 302, .login), ("", 404, .notFound), ("", 500, .server),
        ("{\"error\":\"Please login again\"}", 200, .login), ("<html><title>Log In | Darktrace</title>", 200, .login),
        ("{ \"status\": \"API SIGNATURE ERROR\" }", 200, .signature),
        ("", 200, .malformed), (" \n", 200, .malformed), ("[]", 200, .malformed), ("null", 200, .malformed),
        ("{}", 200, .malformed), ("{\"error\":true}", 200, .malformed), ("{\"nothing\":1}", 200, .malformed),
        ("{\"cpu\":1", 200, .malformed), ("{\"cpu\":1}}", 200, .malformed), ("{\"cpu\":1}{}", 200, .malformed),
        ("{cpu:1}", 200, .malformed),
        (String(repeating: "{\"a\":", count: 5_000) + "1" + String(repeating: "}", count: 5_000), 200, .malformed),
        ("{\"a\":\"" + String(repeating: "x", count: StatusRequest.limit) + "\"}", 200, .tooLarge),
    ]

    @Test(arguments: refusals) func `a response that is no status is classified by what it says`(
        body: String, status: Int, reason: APIError.Reason
    ) async {
        let (attempt, read) = await ask(body, status: status)
        #expect(attempt.error?.reason == reason, "\(attempt.error?.detail ?? "")")
        #expect(read == nil)
        // Only when the rights of the API user may be the cause, the hint is about them.
        #expect(attempt.error?.hint?.description.contains("status_interval: 0s") == reason.isAboutPermission)
    }

    @Test func `an object that the transport did not see the end of is not read`() async {
        let (attempt, status) = await ask("{\"cpu\":1}", failure: TransportError(.timeout, "too slow"))
        #expect(attempt.error?.reason == .malformed || attempt.error?.reason == .timeout)
        #expect(status == nil)
    }

    @Test func `a byte order mark and white space may precede an object`() async {
        let (attempt, status) = await ask("\u{FEFF}\r\n\t {\"cpu\":1} \n")
        #expect(attempt.error == nil)
        #expect(status?.system.cpu == 0.01)
    }
}
