import Foundation
import Ledger
import PostgresLedger
import TestSupport
import Testing

/// The certificate of a server that is not this machine is verified.
@Suite struct PostgresTLSTests {
    /// An address of this machine that is not loopback, as a server elsewhere has one.
    private static let address: String? = {
        let words = (try? Command.run("hostname", ["-I"]))?.text.split(whereSeparator: \.isWhitespace) ?? []
        return words.first { $0.contains(".") && !$0.hasPrefix("127.") }.map(String.init)
    }()

    private static func certificate(of name: String, in directory: TemporaryDirectory) throws {
        _ = try Command.output(
            "openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                "-subj", "/CN=test", "-addext", "subjectAltName=\(name)", "-keyout", directory.path("server.key"),
                "-out", directory.path("server.crt"),
            ])
    }

    /// Opens a ledger, again if the server did not answer in time because this machine is busy.
    private static func ledger(_ configuration: PostgresConfiguration) throws(LedgerError) -> PostgresLedger {
        for _ in 0..<10 {
            do throws(LedgerError) {
                return try PostgresLedger(configuration, executor: LedgerQueue())
            } catch {
                guard "\(error)".contains("no answer in time") else { throw error }
            }
        }
        return try PostgresLedger(configuration, executor: LedgerQueue())
    }

    @Test(.enabled(if: address != nil))
    func `only a server with a valid certificate of a trusted authority is used unless the URL says otherwise`()
        async throws
    {
        let address = try #require(Self.address)
        for (name, isValid) in [("IP:\(address)", true), ("DNS:other.example", false)] {
            let directory = try TemporaryDirectory()
            try Self.certificate(of: name, in: directory)
            let port = Int.random(in: 20_000...60_000)
            func text(_ file: String) throws -> String {
                try String(contentsOfFile: directory.path(file), encoding: .utf8)
            }
            let server = try await PostgresServer(
                settings: ["ssl=on", "listen_addresses=\(address)"], port: port,
                files: [
                    "server.key": try text("server.key"), "server.crt": try text("server.crt"),
                    "pg_hba.conf": "local all all trust\nhostssl all all 0.0.0.0/0 trust\n",
                ])
            let database = try await server.createDatabase()
            let trusted = "sslrootcert=\(directory.path("server.crt"))"
            let attempts: [(parameters: String, works: Bool)] = [
                ("", false), (trusted, isValid), ("sslmode=require", true), ("sslmode=verify-ca&\(trusted)", true),
            ]
            for attempt in attempts {
                let url = "postgresql://postgres@\(address):\(port)/\(database)?\(attempt.parameters)"
                let configuration = PostgresConfiguration(url: { .success(url) }, place: "state.postgres_url")
                do throws(LedgerError) {
                    let ledger = try Self.ledger(configuration)
                    #expect(attempt.works, "\(name) \(attempt.parameters)")
                    #expect(ledger.warnings.isEmpty == !attempt.parameters.hasPrefix("sslmode"))
                    try await ledger.close()
                } catch {
                    #expect(!attempt.works, "\(name) \(attempt.parameters): \(error)")
                    #expect(error.reason == .unreachable && "\(error)".contains("certificate"), "\(error)")
                }
            }
        }
    }
}
