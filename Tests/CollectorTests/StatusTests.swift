import Darktrace
import Locking
import Metrics
import Testing

@testable import Collector

/// From a response of `/status` to the lines of an exposition.
@Suite struct StatusTests {
    private static let table =
        FeedKind.status.gauges
        ?? GaugeTable(path: "", query: { _ in "" }, permissionHint: nil, response: .list, metrics: [])
    private static let request = table.request(
        QueryWindow(last: .zero, before: ApplianceTime(milliseconds: 1_768_469_400_000)))

    /// The attempt, and what would be exposed.
    private func ask(
        _ body: String, status: Int = 200, failure: TransportError? = nil, after last: [MetricFamily?] = []
    ) async -> (attempt: Attempt, exposed: Exposed?) {
        let fold = Locked<GaugeTable.Fold?>(nil)
        let client = Client(
            transport: FixedResponse(status: status, body: body, failure: failure), dateFormat: .spaced, timeout: 30,
            userAgent: "tests/1")
        let attempt = await client.send(
            Self.request, credentials: Credentials(publicToken: "public-token", privateToken: "private-token"),
            wallMilliseconds: 1_768_469_400_000
        ) { element in
            fold.withLock { fold in
                var next = GaugeTable.Fold(Self.table)
                next.add(element)
                fold = next
            }
            return true
        }
        #expect(Self.request.target == "/status?fast=true&includechildren=true")
        #expect(attempt.path == "/status")
        let exposed = fold.withLock { $0 }.map {
            Exposed(results: $0.families(of: "hq", after: last), truncations: $0.truncations, unreadable: $0.unreadable)
        }
        return (attempt, exposed)
    }

    private func read(_ fields: String, after last: Exposed? = nil) async throws -> Exposed {
        let (attempt, exposed) = await ask(#"{"version":"7.1",\#(fields)}"#, after: last?.results ?? [])
        #expect(attempt.error == nil)
        return try #require(exposed)
    }

    /// What the feed exposes after one response.
    private struct Exposed {
        let results: [MetricFamily?]
        let truncations: [Truncation]
        let unreadable: UnreadableFields

        var families: [MetricFamily] { results.compactMap(\.self) }

        /// Without the comments.
        var lines: [String] {
            String(decoding: Exposition(families.merged()).body(as: .text), as: UTF8.self).split(separator: "\n")
                .map(String.init).filter { !$0.hasPrefix("#") }
        }

        /// By the values of the labels that follow `appliance`, joined by a comma.
        func values(_ name: String) -> [String: Double] {
            var values: [String: Double] = [:]
            guard let family = families.first(where: { $0.descriptor.name == name }) else { return [:] }
            for series in family.series {
                guard case .number(let value, _) = series.value else { continue }
                values[series.labels.texts.dropFirst().joined(separator: ",")] = value
            }
            return values
        }

        /// The only value.
        func value(_ name: String) -> Double? {
            let values = values(name)
            return values.count == 1 ? values.values.first : nil
        }
    }

    @Test(
        arguments: [
            ("the same", #""cpu":5,"diskSpaceUsed_":1,"diskSpaceUsed_a":2"#),
            ("other values", #""cpu":6,"diskSpaceUsed_":3,"diskSpaceUsed_a":2"#),
            ("another order", #""diskSpaceUsed_a":7,"diskSpaceUsed_":8,"cpu":5"#),
            ("one mount more", #""cpu":5,"diskSpaceUsed_":1,"diskSpaceUsed_a":2,"diskSpaceUsed_b":3"#),
            ("one mount less", #""cpu":5,"diskSpaceUsed_a":4"#),
            ("another mount", #""cpu":5,"diskSpaceUsed_":1,"diskSpaceUsed_b":2"#),
            ("no mount", #""cpu":5"#), ("no processor", #""diskSpaceUsed_":1,"diskSpaceUsed_a":2"#),
            ("a probe", #""cpu":5,"probes":{"1":{"cpu":1,"diskSpaceUsed_":2}}"#),
        ]) func `a poll exposes the same after any other poll as it would alone`(_: String, fields: String) async throws
    {
        let first = try await read(#""cpu":5,"diskSpaceUsed_":1,"diskSpaceUsed_a":2"#)
        let next = try await read(fields, after: first)
        let alone = try await read(fields)
        #expect(next.lines == alone.lines)
        #expect(try await read(#""cpu":5,"diskSpaceUsed_":1,"diskSpaceUsed_a":2"#, after: next).lines == first.lines)
    }

    @Test func `of a field that is missing there is no line`() async throws {
        let (_, exposed) = await ask(#"{"cpu":0}"#)
        #expect(
            exposed?.lines == [
                #"darktrace_appliance_cpu_ratio{appliance="hq"} 0"#,
                #"darktrace_appliance_info{appliance="hq",version="",type="",hostname="","#
                    + #"model_package_version="",bundle_version=""} 1"#,
            ])
    }

    private static let full = """
        {"version":"6.1","type":"master","hostname":"dt-1","modelPackageVersion":"6.1.8","bundleVersion":"61023",
        "label":"HQ","ipAddress":"10.0.0.5","time":"2026-01-15 09:30:05","subnetData":[{"sid":1}],
        "systemUptime":"1207:14:03","cpu":25,"load":150,"memoryUsed":"50","diskUtilization":12.5,"diskSpaceUsed_":25,
        "diskSpaceUsed_var":75,"dataQueue":1,"darkflowQueue":2,"excessTraffic":true,"bandwidthCurrent":80,
        "processedBandwidthCurrent":72,"connectionsPerMinuteCurrent":480,"networkInterfacesState_eth0":"down",
        "networkInterfacesReceived_eth0":9007199254740993,"networkInterfacesTransmitted_eth0":"6",
        "networkInterfacesAddress_eth0":"10.0.0.5","networkInterfacesState_eth1":"up",
        "license":"2027-01-01 00:00:00","saasConnectorLicense":"","preventE2ELicense":"2026-06-30 12:00",
        "licenseCounts":{"licenseIPCount":60,"licenseCloudIPCount":"2","saas":{"Office365":6,"total":9}},
        "eventsPerMinuteCurrentcSensorNotices":60,"eventsPerMinuteCurrent":{"saasModelEvents":120,"total":9},
        "logIngestionTCP":5,"logIngestionUDP":6,"logIngestionProcessed":10,"logIngestionReplicated":1,
        "models":900,"modelsBreached":5259,"modelsSuppressed":31630,"subnets":32,"callhomeEnabled":"yes",
        "antigenaNetworkConfirmationMode":0,"antigenaNetworkBlockedConnections":{"attempted":15,"failed":2},"modelsUpdated":"2026-01-14 06:12:11",
        "mostRecentDNSTraffic":"2026-01-15 09:29:00","activeDevicesHour":44,"activeDevices24Hours":61,
        "activeDevices4Weeks":72,"newDevices7Days":9,"antigenaNetworkEnabled":true,"antigenaNetworkRunning":"false",
        "probes":{
          "12":{"label":"P\\"12","type":"vSensor","ipAddress":"10.0.0.12","version":"6.1","cpu":50,"memoryUsed":25,
            "dataQueue":0,"bandwidthCurrent":24},
          "13":{"error":true,"lastContact":"2026-01-15 06:30"}},
        "instances":{
          "1":{"label":"Site 1","hostname":"m1","cpu":25,"memoryUsed":50,"dataQueue":4,"darkflowQueue":1733,
            "license":"01/01/27","diskSpaceUsed_":50,"mostRecentDNSTraffic":"2026-01-15 09:29",
            "probes":{"12":{"error":true,"lastContact":"2026-01-15 06:30:00"}}},
          "2":{"error":true,"lastContact":"2026-01-15 06:30"}}}
        """

    @Test func `a status in full becomes these lines`() async throws {
        let (attempt, exposed) = await ask(Self.full)
        #expect(attempt.error == nil)
        let expected = #"""
            darktrace_appliance_active_devices{appliance="hq",window="1h"} 44
            darktrace_appliance_active_devices{appliance="hq",window="24h"} 61
            darktrace_appliance_active_devices{appliance="hq",window="4w"} 72
            darktrace_appliance_antigena_blocked_connections_attempted{appliance="hq"} 15
            darktrace_appliance_antigena_blocked_connections_failed{appliance="hq"} 2
            darktrace_appliance_antigena_confirmation_mode{appliance="hq"} 0
            darktrace_appliance_antigena_network_enabled{appliance="hq"} 1
            darktrace_appliance_antigena_network_running{appliance="hq"} 0
            darktrace_appliance_bandwidth_bytes_per_second{appliance="hq"} 10
            darktrace_appliance_callhome_enabled{appliance="hq"} 1
            darktrace_appliance_connections_per_second{appliance="hq"} 8
            darktrace_appliance_cpu_ratio{appliance="hq"} 0.25
            darktrace_appliance_darkflow_queue_seconds{appliance="hq"} 2
            darktrace_appliance_data_queue_seconds{appliance="hq"} 1
            darktrace_appliance_disk_space_used_ratio{appliance="hq",mount="/"} 0.25
            darktrace_appliance_disk_space_used_ratio{appliance="hq",mount="var"} 0.75
            darktrace_appliance_disk_utilization_ratio{appliance="hq"} 0.125
            darktrace_appliance_events_per_second{appliance="hq",source="csensor",type="notices"} 1
            darktrace_appliance_events_per_second{appliance="hq",source="saas",type="model_events"} 2
            darktrace_appliance_excess_traffic{appliance="hq"} 1
            darktrace_appliance_info{appliance="hq",version="6.1",type="master",hostname="dt-1",model_package_version="6.1.8",bundle_version="61023"} 1
            darktrace_appliance_interface_receive_bytes_total{appliance="hq",interface="eth0"} 9007199254740992.0
            darktrace_appliance_interface_transmit_bytes_total{appliance="hq",interface="eth0"} 6
            darktrace_appliance_interface_up{appliance="hq",interface="eth0"} 0
            darktrace_appliance_interface_up{appliance="hq",interface="eth1"} 1
            darktrace_appliance_license_expiry_timestamp_seconds{appliance="hq",license="license"} 1798761600
            darktrace_appliance_license_expiry_timestamp_seconds{appliance="hq",license="preventE2ELicense"} 1782820800
            darktrace_appliance_license_usage{appliance="hq",kind="cloud_ip"} 2
            darktrace_appliance_license_usage{appliance="hq",kind="ip"} 60
            darktrace_appliance_license_usage{appliance="hq",kind="saas"} 9
            darktrace_appliance_load_ratio{appliance="hq"} 1.5
            darktrace_appliance_log_ingestion_processed_total{appliance="hq"} 10
            darktrace_appliance_log_ingestion_received_total{appliance="hq",transport="tcp"} 5
            darktrace_appliance_log_ingestion_received_total{appliance="hq",transport="udp"} 6
            darktrace_appliance_log_ingestion_replicated_total{appliance="hq"} 1
            darktrace_appliance_memory_used_ratio{appliance="hq"} 0.5
            darktrace_appliance_models{appliance="hq"} 900
            darktrace_appliance_models_breached{appliance="hq"} 5259
            darktrace_appliance_models_suppressed{appliance="hq"} 31630
            darktrace_appliance_models_updated_timestamp_seconds{appliance="hq"} 1768371131
            darktrace_appliance_new_devices{appliance="hq",window="7d"} 9
            darktrace_appliance_processed_bandwidth_bytes_per_second{appliance="hq"} 9
            darktrace_appliance_protocol_last_seen_timestamp_seconds{appliance="hq",protocol="DNS"} 1768469340
            darktrace_appliance_subnets{appliance="hq"} 32
            darktrace_appliance_uptime_seconds{appliance="hq"} 4346043
            darktrace_master_cpu_ratio{appliance="hq",master="1"} 0.25
            darktrace_master_darkflow_queue_seconds{appliance="hq",master="1"} 1733
            darktrace_master_data_queue_seconds{appliance="hq",master="1"} 4
            darktrace_master_disk_space_used_ratio{appliance="hq",master="1",mount="/"} 0.5
            darktrace_master_info{appliance="hq",master="1",label="Site 1",hostname="m1",address="",version=""} 1
            darktrace_master_info{appliance="hq",master="2",label="",hostname="",address="",version=""} 1
            darktrace_master_last_contact_timestamp_seconds{appliance="hq",master="2"} 1768458600
            darktrace_master_license_expiry_timestamp_seconds{appliance="hq",master="1",license="license"} 1798761600
            darktrace_master_memory_used_ratio{appliance="hq",master="1"} 0.5
            darktrace_master_protocol_last_seen_timestamp_seconds{appliance="hq",master="1",protocol="DNS"} 1768469340
            darktrace_master_up{appliance="hq",master="1"} 1
            darktrace_master_up{appliance="hq",master="2"} 0
            darktrace_probe_bandwidth_bytes_per_second{appliance="hq",master="",probe="12"} 3
            darktrace_probe_cpu_ratio{appliance="hq",master="",probe="12"} 0.5
            darktrace_probe_data_queue_seconds{appliance="hq",master="",probe="12"} 0
            darktrace_probe_info{appliance="hq",master="",probe="12",label="P\"12",type="vSensor",address="10.0.0.12",version="6.1"} 1
            darktrace_probe_info{appliance="hq",master="",probe="13",label="",type="",address="",version=""} 1
            darktrace_probe_info{appliance="hq",master="1",probe="12",label="",type="",address="",version=""} 1
            darktrace_probe_last_contact_timestamp_seconds{appliance="hq",master="",probe="13"} 1768458600
            darktrace_probe_last_contact_timestamp_seconds{appliance="hq",master="1",probe="12"} 1768458600
            darktrace_probe_memory_used_ratio{appliance="hq",master="",probe="12"} 0.25
            darktrace_probe_up{appliance="hq",master="",probe="12"} 1
            darktrace_probe_up{appliance="hq",master="",probe="13"} 0
            darktrace_probe_up{appliance="hq",master="1",probe="12"} 0
            """#
        #expect(exposed?.lines == expected.split(separator: "\n").map(String.init))
        #expect(exposed?.truncations == [])
        let names = Set(exposed?.families.map(\.descriptor.name) ?? [])
        let ofAppliance = Set(Self.table.metrics.map(\.descriptor.name).filter { $0.hasPrefix("darktrace_appliance_") })
        #expect(ofAppliance.isSubset(of: names), "no family is forgotten")
        #expect(exposed?.unreadable == UnreadableFields())
    }

    /// Labels that service discovery often sets are not used.
    @Test func `no label of a feed is one that a scrape sets`() {
        let taken: Set<String> = ["endpoint", "namespace", "pod", "container", "node", "job", "instance", "service"]
        for metric in Feeds.all.compactMap(\.gauges).flatMap(\.metrics) {
            #expect(taken.isDisjoint(with: metric.descriptor.labelNames))
            #expect(metric.descriptor.labelNames.first == "appliance")
        }
    }

    /// A field as no appliance should write it, and the processor utilization then.
    static let percentages: [(value: String, ratio: Double?)] = [
        ("0", 0), ("100", 1), ("12.5", 0.125), (#""12.5""#, 0.125), ("1e1", 0.1), ("-0", 0), (#""12%""#, 0.12),
        (#""12.5 %""#, 0.125), ("101", 1.01), (#""250""#, 2.5), ("10001", nil), ("-1", nil), ("1e400", nil),
        ("1.8e308", nil),
        ("true", nil), ("[1]", nil), ("{}", nil), (#""%""#, nil), (#""nan""#, nil), (#""inf""#, nil), (#""idle""#, nil),
    ]

    @Test(arguments: percentages) func `a value that is not a percentage is unknown and counted, and never 0`(
        value: String, ratio: Double?
    ) async throws {
        let exposed = try await read(#""cpu":\#(value),"memoryUsed":50"#)
        #expect(exposed.value("darktrace_appliance_cpu_ratio") == ratio)
        #expect(exposed.value("darktrace_appliance_memory_used_ratio") == 0.5, "the other fields are read")
        #expect(exposed.unreadable.count == (ratio == nil ? 1 : 0))
        #expect(exposed.unreadable.firstPaths == (ratio == nil ? ["cpu": "cpu"] : [:]))
    }

    @Test func `names in keys are kept byte by byte, and a text has no number that is none`() async throws {
        let exposed = try await read(
            "\"networkInterfacesState_\u{301}x\":\"up\",\"networkInterfacesState_e\u{301}\":\"down\",\"hostname\":1.8e308"
        )
        let family = exposed.families.first { $0.descriptor.name == "darktrace_appliance_interface_up" }
        let names = family?.series.map { $0.labels.pairs.last?.value.unicodeScalars.map(\.value) ?? [] }
        #expect(names == [[0x65, 0x301], [0x301, 0x78]])
        #expect(exposed.lines.contains { $0.contains("hostname=\"1.8e308\"") })
    }

    @Test(arguments: ["null", #""""#]) func `a field without a value is absent, not unreadable`(value: String)
        async throws
    {
        let exposed = try await read(
            #""cpu":\#(value),"license":\#(value),"uptime":\#(value),"probes":\#(value),"excessTraffic":\#(value)"#)
        #expect(exposed.families.map(\.descriptor.name) == ["darktrace_appliance_info"])
        #expect(exposed.unreadable.count == 0)
    }

    /// A time as a version may write it, and the seconds since 1970.
    static let times: [(value: String, seconds: Double?)] = [
        (#""2026-01-15 09:30:00""#, 1_768_469_400), (#""2026-01-15 09:30""#, 1_768_469_400),
        (#""2026-01-15T09:30:00""#, 1_768_469_400), (#""2026-01-15T09:30:00Z""#, 1_768_469_400),
        (#""2026-01-15T09:30:00.987Z""#, 1_768_469_400), (#""2026-01-15 09:30:00 UTC""#, 1_768_469_400),
        (#""2026-01-15T11:30:00+02:00""#, 1_768_469_400), (#""2026-01-15T04:30:00-0500""#, 1_768_469_400),
        (#""2026-01-15T09:30:00+0000""#, 1_768_469_400), (#""2026-01-15T10:00:00+0030""#, 1_768_469_400),
        (#""2026-01-15T09:30:00+0060""#, nil), (#""2026-01-15T09:30:00+00""#, nil),
        (#""2026-01-15T09:30:00+1500""#, nil), (#""2026-01-15""#, 1_768_435_200), (#""01/15/26""#, 1_768_435_200),
        (#""1/15/2026""#, 1_768_435_200),
        (#""01/15/26 09:30""#, 1_768_469_400), ("1768469400", 1_768_469_400), ("1768469400000", 1_768_469_400),
        (#""1768469400""#, 1_768_469_400), (#""1970-01-01 00:00:00""#, 0),
        (#""9999-12-31 23:59:59""#, 253_402_300_799), (#""2024-02-29""#, 1_709_164_800),
        (#""never""#, nil), (#""2026-13-15 09:30:00""#, nil), (#""2026-01-32 09:30:00""#, nil),
        (#""2026-02-29""#, nil), (#""2026-01-15 24:30:00""#, nil), (#""2026-01-15 09:60:00""#, nil),
        (#""2026-01-15 09:30:61""#, nil), (#""2026-01-15 09:30:0x""#, nil), (#""2026-01-15 ""#, nil),
        (#""2026-01-15 09:30:00 CET""#, nil), (#""1969-01-15 09:30:00""#, nil), (#""-026-01-15 09:30:00""#, nil),
        (#""15/01/26""#, nil), (#""２０２６-01-15 09:30""#, nil), ("1e300", nil), ("-5", nil), ("true", nil),
        (#""2026-01-15T09:30:00+15:00""#, nil),
    ]

    @Test(arguments: times) func `every form of a time is read, and what is none is counted`(
        value: String, seconds: Double?
    ) async throws {
        let exposed = try await read(#""license":\#(value)"#)
        #expect(exposed.values("darktrace_appliance_license_expiry_timestamp_seconds")["license"] == seconds)
        #expect(exposed.unreadable.count == (seconds == nil ? 1 : 0))
    }

    @Test func `a time of 0 means that there was none`() async throws {
        let exposed = try await read(#""license":0,"modelsUpdated":"0""#)
        #expect(exposed.values("darktrace_appliance_license_expiry_timestamp_seconds").isEmpty)
        #expect(exposed.unreadable.count == 0)
    }

    @Test(arguments: [
        (#""00:00:00""#, 0.0), (#""5:04:03""#, 18_243), (#""999999:59:59""#, 3_599_999_999), (#""1:2:3""#, 3_723),
        (#""50 days, 7:14:03""#, 4_346_043), (#""1 day 07:14:03""#, 112_443), (#""50d 7:14:03""#, 4_346_043),
        (#""3 days""#, 259_200), ("4346043", 4_346_043), (#""1:02""#, nil), (#""1:60:00""#, nil),
        (#""-1:00:00""#, nil), (#""12345678:00:00""#, nil), (#""1:00:00:00""#, nil), (#""a while""#, nil),
    ])
    func `every form of an uptime is read, and what is ambiguous is counted`(
        value: String, seconds: Double?
    ) async throws {
        let exposed = try await read(#""uptime":\#(value)"#)
        #expect(exposed.value("darktrace_appliance_uptime_seconds") == seconds)
        #expect(exposed.unreadable.count == (seconds == nil ? 1 : 0))
    }

    @Test func `unreadable fields are counted one by one, and named by the first of their key`() async throws {
        let exposed = try await read(
            """
            "cpu":"high","networkInterfacesState_eth0":"testing","antigenaNetworkEnabled":"perhaps","subnets":[1],
            "probes":{"12":{"cpu":"high","memoryUsed":-1},"13":{"memoryUsed":-1},"14":7},"instances":"none"
            """)
        #expect(exposed.unreadable.count == 9)
        #expect(
            exposed.unreadable.firstPaths == [
                "cpu": "cpu", "networkInterfacesState_eth0": "networkInterfacesState_eth0", "subnets": "subnets",
                "antigenaNetworkEnabled": "antigenaNetworkEnabled", "memoryUsed": "probes.12.memoryUsed",
                "14": "probes.14", "instances": "instances",
            ])
    }

    @Test func `accounts are added up where there is no total`() async throws {
        let exposed = try await read(#""licenseCounts":{"saas":{"Office365":6,"AzureActiveDirectory":3}}"#)
        #expect(exposed.values("darktrace_appliance_license_usage") == ["saas": 9])
    }

    @Test func `probes come by number or address, and a failed one has few fields`() async throws {
        let exposed = try await read(
            """
            "probes":{"12":{"id":12,"label":"Probe 12","type":"vSensor","cpu":11,"memoryUsed":40,"dataQueue":0,
            "version":"6.1","bandwidthCurrent":80,"metadata":null},
            "10.0.0.13":{"configuredServer":"10.0.0.13","ipAddress":"10.0.0.13","label":"Probe 13","error":true,
            "lastContact":"2026-01-15 06:30"},
            "14":{"error":"timed out"},"15":{"error":false},"16":{"error":"false"},"17":{"error":1},
            "odd":7,"none":null,"list":[],"":{"cpu":1}}
            """)
        let up = [",12": 1.0, ",10.0.0.13": 0, ",14": 0, ",15": 1, ",16": 1, ",17": 0]
        #expect(exposed.values("darktrace_probe_up") == up)
        #expect(exposed.values("darktrace_probe_cpu_ratio") == [",12": 0.11])
        #expect(exposed.values("darktrace_probe_bandwidth_bytes_per_second") == [",12": 10])
        #expect(exposed.values("darktrace_probe_info").keys.contains(",10.0.0.13,Probe 13,,10.0.0.13,"))
        #expect(
            exposed.values("darktrace_probe_last_contact_timestamp_seconds") == [",10.0.0.13": 1_768_458_600])
    }

    @Test func `the masters of a Unified View have probes of their own`() async throws {
        let exposed = try await read(
            """
            "type":"unifiedView","instances":{"1":{"hostname":"m1","label":"Site 1","cpu":31,"probes":{"12":{"cpu":1}}},
            "Site 2":{"error":true,"lastContact":"2026-01-15 06:30:00","probes":{}},"odd":"gone"}
            """)
        #expect(exposed.values("darktrace_master_up") == ["1": 1, "Site 2": 0])
        #expect(exposed.values("darktrace_master_cpu_ratio") == ["1": 0.31])
        #expect(exposed.values("darktrace_probe_cpu_ratio") == ["1,12": 0.01])
    }

    @Test func `of everything that there may be many of, a bounded number is exposed, and the rest is reported`()
        async throws
    {
        let numbers = 0..<300
        let object = { (value: String) in numbers.map { "\"\($0)\":\(value)" }.joined(separator: ",") }
        let fields = { (name: String, value: String, ending: String) in
            numbers.map { "\"\(name)\($0)\(ending)\":\(value)" }.joined(separator: ",")
        }
        let exposed = try await read(
            """
            "probes":{\(object("{}"))},"instances":{\(object("{\"probes\":{\"1\":{},\"2\":{}}}"))},
            \(fields("diskSpaceUsed_", "1", "")),\(fields("networkInterfacesState_", "\"up\"", "")),
            \(fields("more", "\"2026-01-15 09:30\"", "License")),
            \(fields("mostRecent", "\"2026-01-15 09:30\"", "Traffic"))
            """)
        #expect(exposed.values("darktrace_probe_up").count == 256)
        #expect(exposed.values("darktrace_probe_up").keys.allSatisfy { $0.hasPrefix(",") }, "none of a master")
        for part in ["master_up", "appliance_disk_space_used_ratio", "appliance_interface_up"] {
            #expect(exposed.values("darktrace_\(part)").count == 64)
        }
        for part in ["license_expiry", "protocol_last_seen"] {
            #expect(exposed.values("darktrace_appliance_\(part)_timestamp_seconds").count == 64)
        }
        #expect(
            exposed.truncations == [
                Truncation("interfaces", count: 300, limit: 64), Truncation("licenses", count: 300, limit: 64),
                Truncation("masters", count: 300, limit: 64), Truncation("mounts", count: 300, limit: 64),
                Truncation("probes", count: 428, limit: 256), Truncation("protocols", count: 300, limit: 64),
            ])
    }

    @Test func `of a probe and a master fewer parts are exposed than of the appliance`() async throws {
        let fields = (0..<40).map { number in
            """
            "networkInterfacesState_\(number)":"up","diskSpaceUsed_\(number)":1,"more\(number)License":"2026-01-15",
            "mostRecent\(number)Traffic":"2026-01-15"
            """
        }.joined(separator: ",")
        let exposed = try await read(#""probes":{"1":{\#(fields)}},"instances":{"a":{\#(fields)}}"#)
        for machine in ["probe", "master"] {
            for part in ["interface_up", "disk_space_used_ratio", "license_expiry_timestamp_seconds"] {
                #expect(exposed.values("darktrace_\(machine)_\(part)").count == 8)
            }
            #expect(exposed.values("darktrace_\(machine)_protocol_last_seen_timestamp_seconds").count == 32)
        }
        #expect(exposed.truncations.count == 8)
        #expect(exposed.truncations.contains(Truncation("interfaces of a probe", count: 40, limit: 8)))
    }

    @Test func `names and texts are truncated, and of names that are equal then the first one stays`() async throws {
        let long = String(repeating: "é", count: 150)
        let exposed = try await read(
            #""hostname":"\#(long)","probes":{"\#(long)a":{"cpu":1},"\#(long)b":{"cpu":2}}"#)
        let cut = String(repeating: "é", count: 100)
        #expect(exposed.values("darktrace_probe_cpu_ratio") == [",\(cut)": 0.01])
        #expect(exposed.values("darktrace_appliance_info").keys.contains("7.1,,\(cut),,"))
    }

    @Test func `an unpaired surrogate costs nothing`() async throws {
        let exposed = try await read(#""hostname":"\ud800x","probes":{"\udc00":{"label":"\ud800"}}"#)
        #expect(exposed.values("darktrace_appliance_info").keys.contains("7.1,,\u{FFFD}x,,"))
        #expect(exposed.values("darktrace_probe_info").keys.contains(",\u{FFFD},\u{FFFD},,,"))
    }

    /// A response that is not a status, and its error.
    static let errors: [(body: String, status: Int, reason: APIError.Reason)] = [
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
        ("{\"a\":\"" + String(repeating: "x", count: 8 << 20) + "\"}", 200, .tooLarge),
    ]

    @Test(arguments: errors) func `a response that is not a status is classified by its content`(
        body: String, status: Int, reason: APIError.Reason
    ) async {
        let (attempt, exposed) = await ask(body, status: status)
        #expect(attempt.error?.reason == reason, "\(attempt.error.map { "\($0)" } ?? "")")
        #expect(exposed == nil)
        // The hint names the setting that disables the feed, where the right to this request may be missing.
        #expect(attempt.error?.hint?.description.contains("status_interval: 0s") == reason.isAboutPermission)
    }

    @Test func `an object that the transport did not see the end of is not read`() async {
        let (attempt, exposed) = await ask("{\"cpu\":1}", failure: TransportError(.timeout, "too slow"))
        #expect(attempt.error?.reason == .malformed || attempt.error?.reason == .timeout)
        #expect(exposed == nil)
    }

    @Test func `a byte order mark and white space may precede an object`() async {
        let (attempt, exposed) = await ask("\u{FEFF}\r\n\t {\"cpu\":1} \n")
        #expect(attempt.error == nil)
        #expect(exposed?.value("darktrace_appliance_cpu_ratio") == 0.01)
    }
}
