import Darktrace
import Foundation
import HTTPServer
import TestSupport
import Testing
import Values

@testable import Simulator

/// A simulator over real sockets, asked by the curl program as a stranger would.
struct LiveSimulatorFixture {
    let simulation: Simulation
    private let directory: TemporaryDirectory

    init(_ arguments: [String] = []) throws {
        directory = try TemporaryDirectory()
        let all = [
            "--listen-address=127.0.0.1:0", "--control.listen-address=127.0.0.1:0",
            "--ca-file=\(directory.path("ca.pem"))",
        ]
        guard case .run(let options) = try SimulatorOptions.parse(all + arguments) else {
            throw StartError(description: "these arguments run nothing")
        }
        simulation = try Simulation(options)
    }

    func end() { simulation.stop() }

    var caFile: String { directory.path("ca.pem") }

    /// What curl made of a request.
    struct Outcome {
        /// curl's exit code.
        var code: Int32
        var status: Int
        var headers: [String]
        var body: [UInt8]
        var text: String { String(decoding: body, as: UTF8.self) }

        func header(_ name: String) -> String? {
            headers.first { $0.lowercased().hasPrefix(name.lowercased() + ":") }.map {
                $0.dropFirst(name.count + 1).trimmingCharacters(in: .whitespaces)
            }
        }
    }

    /// Asks an appliance over HTTPS, signed with its tokens unless they are replaced.
    func get(
        _ target: String, appliance: Int = 0, port: UInt16? = nil, publicToken: String? = nil,
        privateToken: String? = nil, date: String? = nil, isSigned: Bool = true, signing: String? = nil,
        _ arguments: [String] = []
    ) async throws -> Outcome {
        let known = simulation.appliances[appliance]
        let credentials = Credentials(
            publicToken: publicToken ?? known.credentials.publicToken,
            privateToken: privateToken ?? known.credentials.privateToken)
        let date = date ?? DateFormat.spaced.text(known.shownTime)
        let signature = try Signature.hexadecimal(target: signing ?? target, credentials: credentials, date: date)
        let headers = [
            "DTAPI-Token: \(credentials.publicToken)", "DTAPI-Date: \(date)", "DTAPI-Signature: \(signature)",
        ]
        let port = port ?? simulation.httpsAddress.port ?? 0
        return try await curl(
            ["--cacert", caFile, "https://127.0.0.1:\(port)\(target)"]
                + (isSigned ? headers.flatMap { ["-H", $0] } : []) + arguments)
    }

    /// Asks the control path.
    @discardableResult
    func control(_ target: String) async throws -> Outcome {
        try await curl(["http://127.0.0.1:\(simulation.controlAddress.port ?? 0)\(target)"])
    }

    func controlJSON(_ target: String) async throws -> [String: Any] {
        let outcome = try await control(target)
        #expect(outcome.status == 200, "\(target): \(outcome.text)")
        return try #require(JSONSerialization.jsonObject(with: Data(outcome.body)) as? [String: Any])
    }

    private func curl(_ arguments: [String]) async throws -> Outcome {
        let headerFile = directory.path("\(UUID().uuidString).headers")
        let result = try await Command.runAsync(
            "curl", ["-sS", "--raw", "-D", headerFile, "--max-time", "60"] + arguments)
        let lines = (try? String(contentsOfFile: headerFile, encoding: .utf8))?.components(separatedBy: "\r\n") ?? []
        let status = lines.first.flatMap { $0.split(separator: " ").dropFirst().first }.flatMap { Int($0) } ?? 0
        return Outcome(
            code: result.status, status: status, headers: Array(lines.dropFirst()),
            body: arguments.contains("--no-raw") ? Array(result.output) : Self.unchunked(Array(result.output), lines))
    }

    /// The bytes of a chunked body; what is not chunked stays as it is.
    private static func unchunked(_ bytes: [UInt8], _ headers: [String]) -> [UInt8] {
        guard headers.contains(where: { $0.lowercased() == "transfer-encoding: chunked" }) else { return bytes }
        var whole: [UInt8] = []
        var rest = bytes[...]
        while let end = rest.firstIndex(of: 10),
            let size = Int(
                String(decoding: rest[..<end], as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines), radix: 16
            ),
            size > 0
        {
            rest = rest[(end + 1)...]
            whole += rest.prefix(size)
            rest = rest.dropFirst(size + 2)
        }
        return whole
    }
}
