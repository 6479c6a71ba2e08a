import Testing
import Values

@Suite struct HostTests {
    @Test(arguments: ["[fe80::1%lo]:13947", "[fe80::1%eth0.100]:0", "[FE80::1%Ethernet1]:80"])
    func `a listen address can name the zone of a link-local address`(text: String) throws {
        let address = try ListenAddress(parsing: text)
        #expect(address.host?.hasPrefix("fe80::1%") == true)
        #expect(
            address.host?.split(separator: "%").last == text.split(separator: "%").last?.split(separator: "]").first)
    }

    @Test(arguments: [
        "[fe80::1%]:80", "[fe80::1%a b]:80", "[fe80::1%a/b]:80", "[fe80::1%interface-of-16-b]:80", "[10.0.0.1%lo]:80",
    ])
    func `a zone is the name of an interface after an IPv6 address`(text: String) {
        #expect(throws: InvalidListenAddress.self) { try ListenAddress(parsing: text) }
    }

    @Test(arguments: [
        ("fe80::1%lo", true, "must not have a zone in its IPv6 address"),
        ("dt.example.", false, "has a host that ends with a dot; leave out the dot"),
        ("10.0.0.5.", false, "has a host that ends with a dot; leave out the dot"),
        ("", false, "has no host"), (".", false, "has no valid host name"), ("a..b", false, "has no valid host name"),
    ])
    func `a host of a URL is refused with a reason`(text: String, isBracketed: Bool, reason: String) {
        let error = #expect(throws: ValidationError.self) {
            try URLHost(parsing: text[...], isBracketed: isBracketed)
        }
        #expect(error?.description == reason)
    }

    @Test(arguments: [
        ("localhost", false, true), ("127.9.9.9", false, true), ("::1", true, true), ("0:0::1", true, true),
        ("10.0.0.5", false, false), ("localhost.example", false, false), ("::2", true, false),
    ])
    func `a loopback address is known in every notation`(text: String, isBracketed: Bool, isLoopback: Bool) throws {
        #expect(try URLHost(parsing: text[...], isBracketed: isBracketed).isLoopback == isLoopback)
    }
}
