import Foundation
import TestSupport

/// A running darktrace-simulator with its two default appliances, and its control path.
final class Simulator: Sendable {
    let program: RunningProgram
    /// `127.0.0.1:port` of the API.
    let address: String
    private let control: String
    let caFile: String

    /// Its two default appliances share an address, which the configuration warns about.
    static let sharedURLWarning = "is also the url of"

    /// The simulator's documented default token pairs.
    static let tokens = [
        "hq": (String(repeating: "1", count: 40), String(repeating: "2", count: 40)),
        "branch": (String(repeating: "3", count: 40), String(repeating: "4", count: 40)),
    ]

    init(_ workspace: TemporaryDirectory, _ arguments: [String] = [], rate: Int = 5_000, history: String = "1d") throws
    {
        caFile = workspace.path("ca.pem")
        program = try RunningProgram(
            "darktrace-simulator",
            [
                "--listen-address=127.0.0.1:0", "--control.listen-address=127.0.0.1:0", "--ca-file=\(caFile)",
                "--rate=\(rate)", "--history=\(history)",
            ] + arguments, directory: workspace.url)
        let ready = try program.awaitLog(#/ready https=(\S+) control=(\S+)/#)
        address = String(ready.output.1)
        control = String(ready.output.2)
    }

    /// The appliance `hq` alone, a minute old: with so many breaches a day, more history would only take time.
    convenience init(young workspace: TemporaryDirectory, seed: UInt64, rate: Int) throws {
        let epoch = Int64(Date().timeIntervalSince1970 * 1_000) - 60_000
        let tokens = Self.tokens["hq"].map { "\($0.0):\($0.1)" } ?? ""
        try self.init(
            workspace, ["--appliance=hq:\(tokens)", "--epoch=\(epoch)", "--seed=\(seed)"], rate: rate)
    }

    /// Calls the control path and returns its JSON.
    @discardableResult func call(_ path: String) throws -> [String: Any] {
        // To close a listener, the simulator waits for the response that it is making, which takes long on a busy machine.
        let answer = try HTTP.request("http://\(control)\(path)", seconds: 60)
        guard answer.status == 200 else { throw WaitTimeout(what: "200 of \(path)", seen: answer.text) }
        return (try JSONSerialization.jsonObject(with: answer.body) as? [String: Any]) ?? [:]
    }

    /// Switches a fault on, for one appliance or for all.
    func set(_ fault: String, of appliance: String? = nil, _ more: String = "") throws {
        try call("/-/faults?set=\(fault)" + (appliance.map { "&appliance=\($0)" } ?? "") + more)
    }

    func clear(_ fault: String = "all", of appliance: String? = nil) throws {
        try call("/-/faults?clear=\(fault)" + (appliance.map { "&appliance=\($0)" } ?? ""))
    }

    /// The number of requests that an appliance has received.
    func requests(of appliance: String) throws -> Int {
        try (call("/-/requests?appliance=\(appliance)")[appliance] as? [String: Any])?["count"] as? Int ?? 0
    }

    /// The true counts of what an appliance lists by now, created from an instant to the present.
    ///
    /// An appliance whose clock was ahead may list records of the future; they cannot have been requested yet.
    func oracle(_ appliance: String, from milliseconds: Int64) throws -> Oracle {
        try oracle(appliance, from: milliseconds, before: Int64(Date().timeIntervalSince1970 * 1_000) + 1)
    }

    /// The same up to another instant than the present.
    func oracle(_ appliance: String, from milliseconds: Int64, before end: Int64) throws -> Oracle {
        try Oracle(call("/-/oracle?appliance=\(appliance)&from=\(milliseconds)&to=\(end - 1)"))
    }
}

/// The truth about one appliance.
struct Oracle {
    let total: Int
    /// Counts by model and category.
    let models: [String: [String: Int]]
    /// Counts by category and canonical bound, cumulated as in a histogram.
    let scores: [String: [String: Int]]

    init(_ json: [String: Any]) throws {
        guard let total = json["total"] as? Int, let list = json["models"] as? [[String: Any]],
            let categories = json["scores"] as? [String: [String: Any]]
        else { throw WaitTimeout(what: "an oracle", seen: "\(json.keys.sorted())") }
        self.total = total
        var models: [String: [String: Int]] = [:]
        for row in list {
            guard let model = row["model"] as? String, let category = row["category"] as? String,
                let count = row["count"] as? Int
            else { throw WaitTimeout(what: "a model's count", seen: "\(row)") }
            models[model, default: [:]][category] = count
        }
        self.models = models
        scores = try categories.mapValues { category in
            guard let bounds = category["cumulative"] as? [String: Int] else {
                throw WaitTimeout(what: "cumulative counts", seen: "\(category.keys)")
            }
            return bounds
        }
    }
}
