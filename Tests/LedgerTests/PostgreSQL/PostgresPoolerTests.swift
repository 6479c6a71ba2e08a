import Foundation
import Ledger
import PostgresLedger
import TestSupport
import Testing

/// A pooler in transaction mode gives each transaction to another connection of the server.
@Suite struct PostgresPoolerTests {
    @Test func `everything works behind a pooler in transaction mode, also when it mixes connections`() async throws {
        let store = try await PostgresStore()
        let pooler = try await Pooler(for: store)
        let ledger = try PostgresLedger(pooler.configuration, executor: LedgerQueue())
        #expect(try await ledger.takeLeases(of: ["hq"]) == [Lease("hq", epoch: 1)])
        // Another client of the same pooler, so that connections change hands between two transactions.
        let other = Task {
            var count = 0
            while !Task.isCancelled {
                _ = try await Command.runAsync(
                    "psql",
                    ["-XAtq", "-d", pooler.url, "-c", "SET search_path = nothing; SELECT count(*) FROM pg_class"]
                ).successfulOutput()
                count += 1
            }
            return count
        }
        for step in 1...200 { try await ledger.commit(Sample.batch(step, padding: 30)) }
        #expect(try await Sample.steps(in: ledger) == 200)
        other.cancel()
        #expect(try await other.value > 0)
        // Another replica, on the same connections of the server.
        let second = try PostgresLedger(pooler.configuration, executor: LedgerQueue())
        #expect(try await second.takeLeases(of: ["branch", "hq"]).map(\.appliance) == ["branch"])
        for replica in [ledger, second] { _ = try await replica.renewLeases(pollable: ["hq", "branch"]) }
        #expect(try await ledger.replicas().count == 2)
        let late = await #expect(throws: LedgerError.self) { try await second.commit(Sample.batch(201)) }
        #expect(late?.reason == .leaseLost)
        try await ledger.close()
        #expect(try await second.takeLeases(of: ["hq"]) == [Lease("hq", epoch: 2)])
        try await second.commit(Sample.batch(201))
        #expect(try await Sample.steps(in: second) == 201)
    }
}

/// pgbouncer with two connections to the server.
private final class Pooler: Sendable {
    let url: String
    private let process: ChildProcess
    private let directory: String

    init(for store: PostgresStore) async throws {
        let port = Int.random(in: 20_000...60_000)
        directory = store.server.directory + "/pooler-\(port)"
        url = "postgresql://postgres@/\(store.database)?host=\(directory)&port=\(port)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
        let settings = """
            [databases]
            \(store.database) = user=postgres host=\(store.server.directory)
            [pgbouncer]
            listen_addr =
            listen_port = \(port)
            unix_socket_dir = \(directory)
            auth_type = any
            auth_file = \(directory)/users
            pool_mode = transaction
            default_pool_size = 2
            server_login_retry = 1
            """
        try settings.write(toFile: directory + "/pooler.ini", atomically: false, encoding: .utf8)
        try "".write(toFile: directory + "/users", atomically: false, encoding: .utf8)
        let isRoot = getuid() == 0
        if isRoot { _ = try Command.output("chown", ["-R", "postgres:", directory]) }
        let words =
            (isRoot ? ["runuser", "-u", "postgres", "--"] : []) + ["pgbouncer", "-q", directory + "/pooler.ini"]
        process = try ChildProcess(
            words[0], Array(words.dropFirst()),
            environment: ["PATH": "/usr/sbin:" + (ProcessInfo.processInfo.environment["PATH"] ?? "")])
        try await eventually("the pooler") {
            try Command.run("psql", ["-XAtq", "-d", url, "-c", "SELECT 1"]).status == 0
        }
    }

    /// Of another process each time.
    var configuration: PostgresConfiguration {
        PostgresConfiguration(url: { [url] in .success(url) }, place: "state.postgres_url")
    }

    deinit {
        kill(process.pid, SIGTERM)
        _ = process.wait()
    }
}
