import Foundation
import Ledger
package import PostgresLedger

/// A real PostgreSQL server in a directory of its own, which ends with the test or with the process of the tests.
///
/// A shell runs it and reads commands from its input: when this process ends, however it does, the input ends as well,
/// and the shell stops the server and removes the directory.
package final class PostgresServer: Sendable {
    /// The directory of its unix socket, and of its data.
    package let directory: String
    private let port: Int
    private let shell: ChildProcess

    /// The server that most tests share, each with a database of its own.
    package static let shared = Task { try await PostgresServer() }

    /// How a server is stopped.
    package enum Stop: String, Sendable {
        /// Sessions are ended, everything is written.
        case fast
        /// As in a crash.
        case immediate
    }

    /// Creates a server and starts it.
    ///
    /// - Parameters:
    ///   - settings: Such as `ssl=on`; the server listens on a unix socket only unless they say otherwise.
    ///   - port: Also part of the name of its unix socket.
    ///   - files: Written to the directory of its data, by name.
    package init(settings: [String] = [], port: Int = 5_432, files: [String: String] = [:]) async throws {
        let name = "/tmp/dt-pg-" + String(UInt64.random(in: 0 ... .max), radix: 36)
        directory = name
        self.port = port
        try FileManager.default.createDirectory(atPath: name, withIntermediateDirectories: false)
        // It refuses to run as root.
        let isRoot = getuid() == 0
        if isRoot { _ = try Command.output("chown", ["postgres:", name]) }
        let options =
            ([
                "listen_addresses=", "unix_socket_directories=\(name)", "fsync=off", "max_connections=400",
                "port=\(port)",
            ] + settings)
            .map { "-c \($0)" }.joined(separator: " ")
        let script = """
            cd "$0" || exit 1
            PATH=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -n 1):$PATH
            while read -r command; do
                case "$command" in
                    create) initdb -D data -U postgres -A trust -E UTF8 --locale=C --no-sync ;;
                    start) pg_ctl -w -D data -l server.log -o "$1" start ;;
                    *) pg_ctl -w -D data -m "$command" stop ;;
                esac >> commands.log 2>&1
                echo $?
            done
            pg_ctl -D data -m immediate stop > /dev/null 2>&1
            cd / && rm -rf "$0"
            """
        let user = isRoot ? ["runuser", "-u", "postgres", "--"] : []
        let words = user + ["sh", "-c", script, name, options]
        shell = try ChildProcess(
            words[0], Array(words.dropFirst()),
            environment: ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? ""],
            hasInput: true)
        try await perform("create")
        for (file, text) in files {
            let path = "\(name)/data/\(file)"
            try text.write(toFile: path, atomically: false, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
            if isRoot { _ = try Command.output("chown", ["postgres:", path]) }
        }
        try await start()
    }

    deinit {
        try? shell.input?.close()
        _ = shell.wait()
    }

    /// Starts the server again, and returns when it answers.
    package func start() async throws { try await perform("start") }

    /// Stops the server, and returns when it has ended.
    package func stop(_ mode: Stop) async throws { try await perform(mode.rawValue) }

    /// The URI of a database, over the unix socket.
    package func url(_ database: String, user: String = "postgres") -> String {
        "postgresql://\(user)@/\(database)?host=\(directory)&port=\(port)"
    }

    /// Creates an empty database and returns its name.
    package func createDatabase() async throws -> String {
        let name = "t" + String(UInt64.random(in: 0 ... .max), radix: 36)
        try await query("CREATE DATABASE \(name)")
        return name
    }

    /// The output of one or several statements, one line for each row, run as the owner of the server.
    @discardableResult
    package func query(_ sql: String, in database: String = "postgres") async throws -> String {
        let result = try await Command.runAsync(
            "psql",
            [
                "-XAtq", "-v", "ON_ERROR_STOP=1", "-h", directory, "-p", "\(port)", "-U", "postgres", "-d", database,
                "-c", sql,
            ])
        return String(decoding: try result.successfulOutput(), as: UTF8.self)
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private func perform(_ command: String) async throws {
        let status = try await withCheckedThrowingContinuation {
            (continuation: CheckedContinuation<String, any Error>) in
            Thread.detachNewThread { [shell] in
                continuation.resume(
                    with: Result {
                        try shell.input?.write(contentsOf: Data("\(command)\n".utf8))
                        return String(decoding: shell.output.availableData, as: UTF8.self)
                    })
            }
        }
        guard status == "0\n" else {
            let log = (try? String(contentsOfFile: directory + "/commands.log", encoding: .utf8)) ?? ""
            throw WaitTimeout(what: "PostgreSQL: \(command)", seen: log)
        }
    }
}

/// A database of a real server for one test.
package struct PostgresStore: Sendable {
    package let server: PostgresServer
    package let database: String

    /// An empty database of the shared server.
    package init() async throws {
        server = try await PostgresServer.shared.value
        database = try await server.createDatabase()
    }

    /// An empty database of this server.
    package init(on server: PostgresServer) async throws {
        self.server = server
        database = try await server.createDatabase()
    }

    package func configuration(
        user: String = "postgres", leaseSeconds: Double = 600, replica: String? = nil
    ) -> PostgresConfiguration {
        let url = server.url(database, user: user)
        return PostgresConfiguration(
            url: { .success(url) }, place: "state.postgres_url", leaseSeconds: leaseSeconds, replicaName: replica)
    }

    /// Opens the ledger as another replica.
    ///
    /// - Parameter leases: The appliances whose leases it takes.
    package func open(
        leases appliances: [String] = [], leaseSeconds: Double = 600, replica: String? = nil
    ) async throws -> PostgresLedger {
        let ledger = try PostgresLedger(
            configuration(leaseSeconds: leaseSeconds, replica: replica), executor: LedgerQueue())
        guard !appliances.isEmpty else { return ledger }
        let taken = try await ledger.takeLeases(of: appliances)
        guard taken.count == appliances.count else { throw WaitTimeout(what: "leases", seen: "\(taken)") }
        return ledger
    }

    /// Stops the clock of leases, which is one function of the database, so many seconds after an instant.
    package func setLeaseClock(_ seconds: Int) async throws {
        try await query(
            """
            CREATE OR REPLACE FUNCTION darktrace_exporter.lease_time() RETURNS timestamptz LANGUAGE sql VOLATILE
            AS 'SELECT timestamptz ''2040-01-01'' + make_interval(secs => \(seconds))'
            """)
    }

    /// The output of one or several statements.
    @discardableResult
    package func query(_ sql: String) async throws -> String { try await server.query(sql, in: database) }
}
