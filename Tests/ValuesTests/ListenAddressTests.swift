import Testing
import Values

@Suite struct ListenAddressTests {
    @Test(arguments: [
        ("127.0.0.1:80", "127.0.0.1", 80), ("localhost:0", "localhost", 0), ("[::1]:13947", "::1", 13947),
        ("[fe80::1%lo]:1", "fe80::1%lo", 1), ("a-b.example:65535", "a-b.example", 65535),
    ])
    func `a host and a port are read and written back`(_ text: String, _ host: String, _ port: UInt16) throws {
        let address = try ListenAddress(parsing: text)
        #expect(address.host == host)
        #expect(address.port == port)
        #expect(address.description == text)
    }

    @Test func `a port alone is every address`() throws {
        let address = try ListenAddress(parsing: ":13947")
        #expect(address.host == nil)
        #expect(address.port == 13947)
        #expect(address.description == ":13947")
    }

    @Test func `a path has no port`() throws {
        let address = try ListenAddress(parsing: "unix:/run/a b.sock")
        #expect(address.port == nil)
        #expect(address.description == "unix:/run/a b.sock")
    }

    @Test(arguments: [
        "", "localhost", ":", ":x", ":-1", ":+1", ":65536", "::1:80", "[::1]", "[::1:80", "::1]:80", "[]:80",
        "[localhost]:80", "http://localhost:80", "a b:80", "unix:", ":99999999999999999999", ": 80", ":８０",
    ])
    func `what is no address is refused with its text`(_ text: String) {
        let error = #expect(throws: InvalidListenAddress.self) { try ListenAddress(parsing: text) }
        #expect(error?.text == text)
        #expect(error?.description.contains("\n") == false)
    }

    @Test func `a path that does not fit is refused`() {
        #expect(throws: InvalidListenAddress.self) {
            try ListenAddress(parsing: "unix:/" + String(repeating: "a", count: 107))
        }
    }
}
