import Darktrace
import Foundation
import HTTPServer
import Testing

@testable import Simulator

/// One appliance that is asked without a socket, in a world whose time stands still unless it is moved.
struct SimulatorFixture {
    /// 2026-01-15 09:30:00 UTC.
    static let now: Int64 = 1_768_469_400_000
    static let day: Int64 = 86_400_000

    let time = ManualTime()
    let world: SimulatedClock
    let appliance: Appliance

    init(seed: UInt64 = 7, rate: Double = 240, historyDays: Int64 = 10, name: String = "hq", startingAt: Int64 = now) {
        world = SimulatedClock(startingAt: startingAt, speed: 1, monotonic: time.source)
        var settings = ApplianceSettings(
            name: name, credentials: Credentials(publicToken: "public", privateToken: "private"))
        settings.seed = seed
        settings.rate = rate
        settings.epoch = Self.now - historyDays * Self.day
        settings.hostName = "\(name).example"
        appliance = Appliance(settings, world: world)
    }

    /// What the appliance answers to a well-signed request.
    func answer(
        _ target: String, method: String = "GET", form: DateFormat = .spaced, clockOff: Int64 = 0,
        signing: String? = nil, isKnown: Bool = true, fields: [(name: String, value: String)] = [], body: String = ""
    ) throws -> Answer {
        let headers = try Signature.headers(
            target: signing ?? target, credentials: appliance.credentials, at: appliance.shownTime + clockOff,
            format: form)
        let request = Request(
            method: method, target: target, fields: headers.map { ($0.name, $0.value) } + fields, body: Array(body.utf8)
        )
        return Answer(appliance.response(to: request, isKnownToken: isKnown))
    }

    /// The list that a well-signed request gets.
    func list(_ target: String) throws -> [[String: Any]] {
        let answer = try answer(target)
        #expect(answer.status == 200)
        return try #require(try answer.json as? [[String: Any]])
    }

    /// A window over everything, with more parameters.
    ///
    /// In the short form unless `more` says otherwise: the full one of thousands is what tests would wait for.
    func everything(_ more: String = "") -> String {
        "/modelbreaches?endtime=\(appliance.shownTime)&includeacknowledged=true&starttime=0\(more)"
            + (more.contains("minimal=") ? "" : "&minimal=true")
    }

    func set(_ text: String) throws {
        let setting = try FaultSetting(parsing: text)
        appliance.set(setting.fault, FaultSwitches.Setting(value: setting.value), at: .at(world.now))
    }

    func command(_ path: String, _ query: String = "") throws -> JSON {
        try ControlCommand(path: path, query: query, instant: world.now).perform(on: [appliance])
    }
}

/// An answer with its body read.
struct Answer {
    let status: Int
    let headers: [(name: String, value: String)]
    let bytes: [UInt8]
    /// How the body ended.
    let ending: String
    /// What a held response waits for, and what makes it then.
    var deferred: (until: Wakeup, then: Handler)?

    init(_ response: Response, limit: Int = 50_000_000) {
        status = response.status
        headers = response.headers
        switch response.body {
        case .buffers(let pieces): (bytes, ending) = (pieces.flatMap(\.bytes), "whole")
        case .shared: (bytes, ending) = ([], "shared")
        case .deferred(let wakeup, let then):
            (bytes, ending) = ([], "later")
            deferred = (wakeup, then)
        case .abort: (bytes, ending) = ([], "reset")
        case .stream(let body, _):
            var read: [UInt8] = []
            var end = ""
            while end.isEmpty {
                switch body.next() {
                case .bytes(let piece): read += piece
                case .wait: end = "stall"
                case .end: end = "end"
                case .abort(let isReset): end = isReset ? "reset" : "cut"
                }
                if read.count > limit { end = "too long" }
            }
            (bytes, ending) = (read, end)
        }
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }
    var json: Any { get throws { try JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed) } }
    func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
}
