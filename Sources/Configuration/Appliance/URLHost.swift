import Glibc

/// A host name or address that may stand in a URL.
struct URLHost: Equatable {
    /// In lower case; an IPv6 address stands without its brackets.
    let text: String
    private let family: Family

    private enum Family { case name, v4, v6 }

    /// A name, an IPv4 address, or with `isBracketed` an IPv6 address.
    init(parsing text: Substring, isBracketed: Bool) throws(ValidationError) {
        self.text = text.lowercased()
        if isBracketed {
            guard Self.isAddress(self.text, AF_INET6) else {
                throw ValidationError("has no IPv6 address between its brackets")
            }
            family = .v6
            return
        }
        guard !text.isEmpty else { throw ValidationError("has no host") }
        guard text.utf8.allSatisfy({ $0 < 0x80 }) else {
            throw ValidationError("has a host that is not ASCII; write it as xn--…")
        }
        let labels = self.text.split(separator: ".", omittingEmptySubsequences: false)
        // One dot at the end is the root, as resolvers read it.
        let named = labels.last == "" ? labels.dropLast() : labels[...]
        if named.last?.utf8.allSatisfy(Self.isDigit) ?? false {
            guard Self.isAddress(self.text, AF_INET) else { throw ValidationError("has no valid IPv4 address") }
            family = .v4
            return
        }
        guard self.text.utf8.count <= 253, named.allSatisfy(Self.isLabel) else {
            throw ValidationError("has no valid host name")
        }
        family = .name
    }

    /// As it stands in a URL.
    var bracketed: String { family == .v6 ? "[\(text)]" : text }

    /// Whether nothing sent there leaves the machine.
    var isLoopback: Bool {
        switch family {
        case .name: text == "localhost"
        case .v4: text.hasPrefix("127.")
        case .v6: Self.isLoopbackV6(text)
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    /// Underscores are no part of the standard, but container networks use them.
    private static func isLabel(_ label: Substring) -> Bool {
        let inner = label.utf8.allSatisfy { (0x61...0x7A).contains($0) || isDigit($0) || $0 == 0x2D || $0 == 0x5F }
        return inner && (1...63).contains(label.utf8.count) && !label.hasPrefix("-") && !label.hasSuffix("-")
    }

    /// The corresponding C function is `inet_pton`.
    private static func isAddress(_ text: String, _ family: Int32) -> Bool {
        var address = in6_addr()
        return unsafe inet_pton(family, text, &address) == 1
    }

    private static func isLoopbackV6(_ text: String) -> Bool {
        var address = in6_addr()
        guard unsafe inet_pton(AF_INET6, text, &address) == 1 else { return false }
        var loopback = in6_addr()
        _ = unsafe inet_pton(AF_INET6, "::1", &loopback)
        return unsafe memcmp(&address, &loopback, MemoryLayout<in6_addr>.size) == 0
    }
}
