import Darktrace
import Foundation
import TestSupport
import Testing
import Values

@testable import Simulator

@Suite struct PostTests {
    private let stage = SimulatorFixture(rate: 100, historyDays: 2)
    private static let form = "application/x-www-form-urlencoded"

    private func post(_ target: String, _ body: String, type: String = form, signing: String? = nil) throws -> Answer {
        let path = String(target.prefix { $0 != "?" })
        return try stage.answer(
            target, method: "POST", signing: signing ?? "\(path)?\(body)", fields: [("Content-Type", type)], body: body)
    }

    private func ids(_ more: String = "") throws -> [Int64] {
        try stage.list("/modelbreaches?minimal=true\(more)").map { try #require($0["pbid"] as? Int64) }
    }

    @Test func `a breach is acknowledged and unacknowledged by a signed form or JSON`() throws {
        let all = try ids()
        let id = try #require(all.last)
        for (body, type) in [("acknowledge=true", Self.form), (#"{"acknowledge":true}"#, "application/json")] {
            let answer = try post("/modelbreaches/\(id)/acknowledge", body, type: type)
            #expect(answer.text == #"{"response":"SUCCESS"}"#)
            #expect(try ids() == all.filter { $0 != id })
            #expect(try ids("&includeacknowledged=true").contains(id))
            #expect(try post("/modelbreaches/\(id)/unacknowledge", "unacknowledge=true").status == 200)
            #expect(try ids() == all)
        }
    }

    @Test func `a comment is listed`() throws {
        let id = try #require(try ids().first)
        let body = #"{"message": "Seen, “known” scanner"}"#
        #expect(try post("/modelbreaches/\(id)/comments", body, type: "application/json").status == 200)
        let comments = try stage.list("/modelbreaches/\(id)/comments")
        #expect(comments.map { $0["message"] as? String } == ["Seen, “known” scanner"])
        #expect(try stage.list("/mbcomments").count == 1)
    }

    /// The body is signed byte for byte in place of the query, which is not signed.
    @Test func `only path and body are signed`() throws {
        let id = try #require(try ids().first)
        let path = "/modelbreaches/\(id)/acknowledge"
        #expect(try post("\(path)?more=1", "acknowledge=true").status == 200)
        for signing in [path, "\(path)?", "\(path)?acknowledge=TRUE", "\(path)?more=1&acknowledge=true"] {
            let answer = try post("\(path)?more=1", "acknowledge=true", signing: signing)
            #expect(answer.text == "{\n  \"modelbreaches\": \"API SIGNATURE ERROR\"\n}")
        }
        #expect(try post(path, "acknowledge=%74rue", signing: "\(path)?acknowledge=true").status == 400)
    }

    @Test func `what cannot be changed is refused`() throws {
        let id = try #require(try ids().first)
        #expect(try post("/modelbreaches/\(id)/acknowledge", "acknowledge=false").text.contains("INPUT ERROR"))
        #expect(try post("/modelbreaches/x/acknowledge", "acknowledge=true").text.contains("INPUT ERROR"))
        #expect(try post("/modelbreaches/9/acknowledge", "acknowledge=true").status == 404)
        #expect(try post("/modelbreaches/\(id)/delete", "a=b").status == 302)
        #expect(try post("/antigena", #"{"codeid":1}"#, type: "application/json").status == 302)
    }

    @Test func `a signed form is accepted over TLS`() async throws {
        let live = try LiveSimulatorFixture(["--history=2d"])
        defer { live.end() }
        let list = try await live.get("/modelbreaches?minimal=true&responsedata=pbid")
        let rows = try #require(try JSONSerialization.jsonObject(with: Data(list.body)) as? [[String: Any]])
        let id = try #require(rows.last?["pbid"] as? Int64)
        let path = "/modelbreaches/\(id)/acknowledge"
        let body = ["-d", "acknowledge=true"]
        let good = try await live.get(path, signing: "\(path)?acknowledge=true", body)
        #expect(good.status == 200 && good.text == #"{"response":"SUCCESS"}"#)
        let bad = try await live.get(path, signing: path, body)
        #expect(bad.status == 400 && bad.text.contains("API SIGNATURE ERROR"))
    }

    @Test func `creation times are whole seconds but for a few`() throws {
        let list = try stage.list(stage.everything("&creationtime=true"))
        let times = try list.map { try #require($0["creationTime"] as? Int64) }
        let whole = Double(times.count { $0 % 1_000 == 0 }) / Double(times.count)
        #expect(whole > 0.9 && whole < 1)
    }

    /// The SDK of the most complete public client, as it comes from PyPI.
    @Test func `a public Python client works`() async throws {
        let live = try LiveSimulatorFixture(["--history=2d"])
        defer { live.end() }
        let tokens = live.simulation.appliances[0].credentials
        let script = """
            import sys, time
            from darktrace import DarktraceClient
            client = DarktraceClient("https://localhost:" + sys.argv[1], sys.argv[2], sys.argv[3], timeout=30)
            assert client.status.get()["type"] == "master"
            breaches = client.breaches.get(minimal=True, includeacknowledged=False)
            pbid = breaches[-1]["pbid"]
            client.breaches.acknowledge(pbid)
            left = client.breaches.get(minimal=True, includeacknowledged=False)
            assert pbid not in [breach["pbid"] for breach in left], "still listed"
            client.breaches.unacknowledge(pbid)
            client.breaches.add_comment(pbid, "a known scanner")
            assert client.breaches.get_comments(pbid)[0]["message"] == "a known scanner"
            assert len(client.models.get()) == 83
            for endpoint in (client.devices, client.subnets, client.tags, client.summarystatistics, client.enums,
                             client.components, client.antigena, client.mbcomments):
                endpoint.get() if hasattr(endpoint, "get") else endpoint.get_actions()
            now = time.time() * 1000
            active = [one for one in client.antigena.get_actions() if one["active"] and one["expires"] > now]
            assert client.antigena.get_summary()["activeCount"] == len(active), "other actions are active"
            client.analyst.get_incident_events()
            client.analyst.get_groups()
            print("all calls succeeded")
            """
        let result = try await Command.runAsync(
            Project.python,
            ["-c", script, "\(live.simulation.httpsAddress.port ?? 0)", tokens.publicToken, tokens.privateToken],
            environment: ["REQUESTS_CA_BUNDLE": live.caFile])
        #expect(result.text == "all calls succeeded\n", "\(result.errors)")
    }
}
