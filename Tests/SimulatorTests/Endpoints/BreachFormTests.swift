import Foundation
import Testing

@testable import Simulator

@Suite struct BreachFormTests {
    private let stage = SimulatorFixture(historyDays: 3)

    private func objects(_ more: String) throws -> [[String: Any]] {
        try stage.list(stage.everything("&creationtime=true&\(more)"))
    }

    private func model(_ object: [String: Any]) -> [String: Any]? { object["model"] as? [String: Any] }

    @Test func `the short form is short and has what counts`() throws {
        let answer = try stage.answer(stage.everything("&minimal=true"))
        let list = try #require(try answer.json as? [[String: Any]])
        #expect(answer.bytes.count / list.count < 1_000)
        for object in list {
            let then = try #require(model(object)?["then"] as? [String: Any])
            #expect(then["name"] is String && then["priority"] is Int && then["description"] == nil)
            #expect(object["score"] is Double && object["creationTime"] is Int64 && object["time"] is Int64)
            #expect((object["triggeredComponents"] as? [Any])?.isEmpty == true)
        }
    }

    @Test func `full objects are 5 to 27 kilobytes`() throws {
        let answer = try stage.answer(stage.everything("&minimal=false"))
        let list = try #require(try answer.json as? [[String: Any]])
        let sizes = try list.prefix(200).map { try JSONSerialization.data(withJSONObject: $0).count }
        #expect(try #require(sizes.min()) > 3_000)
        #expect(try #require(sizes.max()) < 27_000)
        #expect((5_000...20_000).contains(answer.bytes.count / list.count))
        let then = try #require(model(list[0])?["then"] as? [String: Any])
        for key in ["logic", "throttle", "actions", "behaviour", "description", "activeTimes", "created", "version"] {
            #expect(then[key] != nil, "\(key)")
        }
        let component = try #require((list[0]["triggeredComponents"] as? [[String: Any]])?.first)
        for key in [
            "time", "cbid", "cid", "chid", "size", "threshold", "interval", "logic", "metric", "triggeredFilters",
        ] {
            #expect(component[key] != nil, "\(key)")
        }
    }

    @Test func `the historic model is one flat object`() throws {
        for object in try objects("historicmodelonly=true&minimal=true") {
            #expect(model(object)?["name"] is String)
            #expect(model(object)?["then"] == nil)
        }
    }

    @Test func `the device stands at the top or in each component`() throws {
        for more in ["", "&deviceattop=true"] {
            let list = try objects("minimal=false\(more)")
            #expect(list.allSatisfy { ($0["device"] as? [String: Any])?["did"] is Int })
        }
        let list = try objects("minimal=false&deviceattop=false")
        #expect(list.allSatisfy { $0["device"] == nil })
        let components = list.flatMap { $0["triggeredComponents"] as? [[String: Any]] ?? [] }
        #expect(components.allSatisfy { ($0["device"] as? [String: Any])?["did"] is Int })
    }

    @Test func `devices come in all forms`() throws {
        let devices = try objects("minimal=false").compactMap { $0["device"] as? [String: Any] }
        #expect(devices.contains { $0["did"] as? Int == -1 && $0.count == 1 })
        #expect(devices.contains { ($0["hostname"] as? String)?.hasPrefix("SaaS::Office365: ") ?? false })
        #expect(devices.contains { $0["sid"] as? Int == -9 })
        for key in ["hostname", "ip", "macaddress", "vendor", "os", "devicelabel", "credentials", "tags", "priority"] {
            #expect(devices.contains { $0[key] != nil }, "\(key)")
            #expect(devices.contains { $0[key] == nil }, "\(key)")
        }
    }

    @Test func `enums are numbers or words`() throws {
        func directions(_ more: String) throws -> Set<String> {
            let components = try objects("minimal=false\(more)").flatMap {
                $0["triggeredComponents"] as? [[String: Any]] ?? []
            }
            let filters = components.flatMap { $0["triggeredFilters"] as? [[String: Any]] ?? [] }
            return Set(
                filters.filter { $0["filterType"] as? String == "Direction" }
                    .compactMap { ($0["trigger"] as? [String: Any])?["value"] as? String })
        }
        #expect(try directions("") == ["2"])
        #expect(try directions("&expandenums=true") == ["Outgoing"])
    }

    @Test func `links need the full form`() throws {
        let list = try objects("includebreachurl=true&minimal=false")
        #expect(list.allSatisfy { $0["breachUrl"] as? String == "https://hq.example/#modelbreach/\($0["pbid"] ?? "")" })
        #expect(try objects("includebreachurl=true&minimal=true").allSatisfy { $0["breachUrl"] == nil })
        #expect(try objects("minimal=false").allSatisfy { $0["breachUrl"] == nil })
    }

    @Test func `one field can be asked for, and an unknown one leaves empty objects`() throws {
        #expect(try objects("responsedata=pbid").allSatisfy { Array($0.keys) == ["pbid"] })
        #expect(try objects("responsedata=nothing").allSatisfy { $0.isEmpty })
        #expect(try objects("responsedata=pbid,time").allSatisfy { $0.isEmpty })
    }

    @Test func `category and flag say what the population selected`() throws {
        let oracle = Oracle(stage.appliance, Oracle.Query())
        var kinds: [BreachKind: Int] = [:]
        for object in try objects("historicmodelonly=true&minimal=true") {
            let flat = try #require(model(object))
            let word = (flat["category"] as? String)?.lowercased()
            let kind = flat["compliance"] as? Bool == true ? .compliance : word.flatMap(BreachKind.init)
            let priority = try #require(flat["priority"] as? Int)
            kinds[kind ?? BreachKind(priority: priority), default: 0] += 1
        }
        for kind in BreachKind.allCases { #expect(kinds[kind, default: 0] == oracle.scores[kind]?.count) }
    }

    @Test func `text that needs escapes is escaped`() throws {
        _ = try stage.command("/-/burst", "model=%22quote%22%5C%0Aline%00%C3%A9%F0%9F%92%A5&count=1")
        let names = try objects("historicmodelonly=true&minimal=true").compactMap { model($0)?["name"] as? String }
        #expect(names.last == "\"quote\"\\\nline\u{0}é💥")
    }
}
