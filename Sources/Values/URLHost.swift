import Glibc

/// A host name or an IP address, as it can be written in a URL.
package struct URLHost: Sendable, Equatable {
    /// In lower case; an IPv6 address has no brackets.
    package let text: String
    private let family: Family

    private enum Family { case name, v4, v6 }

    /// Reads a name or an IPv4 address, or with `isBracketed` an IPv6 address.
    ///
    /// - Parameter allowsZone: Whether the IPv6 address may end with a zone, as in `fe80::1%eth0`. A zone keeps its case.
    package init(parsing text: Substring, isBracketed: Bool, allowsZone: Bool = false) throws(ValidationError) {
        if isBracketed {
            self.text = try Self.addressV6(text, allowsZone: allowsZone)
            family = .v6
            return
        }
        self.text = text.lowercased()
        guard !text.isEmpty else { throw ValidationError("has no host") }
        guard text.utf8.allSatisfy({ $0 < 0x80 }) else {
            throw ValidationError("has a host that is not ASCII; write it as xn--…")
        }
        // A resolver takes the dot for the root, but no certificate and no server name contains it.
        guard text == "." || !text.hasSuffix(".") else {
            throw ValidationError("has a host that ends with a dot; leave out the dot")
        }
        let labels = self.text.split(separator: ".", omittingEmptySubsequences: false)
        if let last = labels.last, !last.isEmpty, last.utf8.allSatisfy(Self.isDigit) {
            guard Self.isAddress(self.text, AF_INET) else { throw ValidationError("has no valid IPv4 address") }
            family = .v4
            return
        }
        guard self.text.utf8.count <= 253, labels.allSatisfy(Self.isLabel) else {
            throw ValidationError("has no valid host name")
        }
        family = .name
    }

    /// As it is written in a URL: an IPv6 address in brackets.
    package var bracketed: String { family == .v6 ? "[\(text)]" : text }

    /// Whether data sent there stays on this machine.
    package var isLoopback: Bool {
        switch family {
        case .name: text == "localhost"
        case .v4: text.hasPrefix("127.")
        case .v6: Self.isLoopbackV6(text)
        }
    }

    private static func addressV6(_ text: Substring, allowsZone: Bool) throws(ValidationError) -> String {
        let parts = text.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
        let address = (parts.first ?? "").lowercased()
        guard isAddress(address, AF_INET6) else { throw ValidationError("has no IPv6 address between its brackets") }
        guard parts.count > 1 else { return address }
        guard allowsZone else { throw ValidationError("must not have a zone in its IPv6 address") }
        // The name of an interface has at most 15 bytes (IFNAMSIZ less the zero).
        guard (1...15).contains(parts[1].utf8.count),
            parts[1].utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != 0x2F })
        else { throw ValidationError("has no network interface after the % of its IPv6 address") }
        return "\(address)%\(parts[1])"
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    /// Underscores are not part of the standard, but container networks use them.
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
