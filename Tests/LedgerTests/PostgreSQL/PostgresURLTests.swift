import Ledger
import Testing

@testable import PostgresLedger

@Suite struct PostgresURLTests {
    private func parameters(_ text: String) throws -> [String: String] {
        let url = try PostgresURL(text, place: "state.postgres_url")
        return Dictionary(url.parameters.map { ($0.keyword, $0.value) }) { first, _ in first }
    }

    @Test(arguments: [
        ("postgresql://u@/d", nil), ("postgresql://u@/d?host=/run/postgresql", nil), ("postgres://u@localhost/d", nil),
        ("postgresql://u@127.8.0.1:5433/d", nil), ("postgresql://u@[::1]/d", nil),
        ("postgresql://u@db.example.com/d", "verify-full"), ("postgresql://u@10.0.0.1/d", "verify-full"),
        ("postgresql://u@localhost,db.example.com/d", "verify-full"),
        ("postgresql://u@localhost/d?hostaddr=10.0.0.1", "verify-full"),
        ("postgresql://u@127.0.0.1.example.com/d", "verify-full"),
        ("postgresql://u@db.example.com/d?sslmode=require", "require"),
        ("postgresql://u@localhost/d?sslmode=verify-ca", "verify-ca"),
    ])
    func `the certificate of every host that is not this machine is verified unless the URL says otherwise`(
        _ text: String, mode: String?
    ) throws {
        #expect(try parameters(text)["sslmode"] == mode)
    }

    @Test func `certificates are verified with those of the system, or with what the URL names`() throws {
        #expect(PostgresURL.systemBundles.contains(try parameters("postgresql://u@db/d")["sslrootcert"] ?? ""))
        let named = try parameters("postgresql://u@db/d?sslrootcert=/x/ca.pem")
        #expect(named["sslrootcert"] == "/x/ca.pem" && named["sslmode"] == "verify-full")
        // With certificates libpq would take `require` for `verify-ca`.
        #expect(try parameters("postgresql://u@db/d?sslmode=require")["sslrootcert"] == nil)
    }

    @Test(arguments: ["disable", "allow", "prefer", "require", "verify-ca"])
    func `a weaker mode is warned about`(_ mode: String) throws {
        let url = try PostgresURL("postgresql://u:secret@db/d?sslmode=\(mode)", place: "state.postgres_url")
        #expect(url.warnings.count == 1)
        #expect(url.warnings.first?.hasPrefix("state.postgres_url: sslmode=\(mode) ") == true)
        #expect(url.warnings.first?.contains("secret") == false)
        #expect(try PostgresURL("postgresql://u@localhost/d?sslmode=\(mode)", place: "p").warnings.isEmpty)
        #expect(try PostgresURL("postgresql://u@db/d", place: "p").warnings.isEmpty)
    }

    @Test func `the defaults need neither the environment nor files of the user`() throws {
        let parameters = try parameters("postgresql://u@db/d")
        #expect(parameters["gssencmode"] == "disable")
        #expect(parameters["passfile"] == "/dev/null/none")
        #expect(parameters["target_session_attrs"] == "read-write")
        #expect(parameters["client_encoding"] == "UTF8")
        #expect(try self.parameters("postgresql://u@a,b/d?target_session_attrs=any")["target_session_attrs"] == "any")
    }

    @Test(arguments: [
        "", "host=db password=sesame", "http://u:sesame@db/d", "postgresql://u:ses@ame@db/d",
        "postgresql://u:ses/ame@db/d", "postgresql://u:12/sesame@db/d", "postgresql://u:ses:ame@db:x/d",
        "postgresql://u:%zzsesame@db/d", "postgresql://u:sesame@db/d?sslmode=verify-full&x=sesame@y",
        "postgresql://u:sesame@db:99999/d", "postgresql://u:sesame@db/d?nothing=1",
        "postgresql://u@db/d?service=sesame",
        "postgresql://u@db/d?passfile=/sesame", "postgresql://u:sesame@[::1/d", "postgresql://u:sesame@db/d?options=-c",
    ])
    func `a URL that cannot be used is refused in one line that quotes nothing of it`(_ text: String) throws {
        let error = #expect(throws: LedgerError.self) { try PostgresURL(text, place: "state.postgres_url") }
        #expect(error?.reason == .url)
        let line = "\(try #require(error))"
        #expect(line.hasPrefix("state.postgres_url: not a usable URI") && !line.contains("\n"))
        #expect(!line.contains("ses"))
    }

    @Test func `messages name host and database, and neither user nor password`() throws {
        let url = try PostgresURL("postgresql://someone:sesame@db.example.com:5433/counts", place: "p")
        #expect("\(url.location)" == "PostgreSQL db.example.com, database counts")
    }
}
