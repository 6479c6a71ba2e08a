/// Where to listen: `host:port`, `:port` (every address, IPv4 and IPv6), `[v6]:port` or `unix:PATH`.
///
/// Port 0 is any free port. `[::]:port` takes IPv4 as well, as servers of the Prometheus world do.
package struct ListenAddress: Sendable, Hashable, CustomStringConvertible {
    let place: Place

    enum Place: Sendable, Hashable {
        /// No host is every address.
        case tcp(host: String?, port: UInt16)
        case unix(path: String)
    }

    init(_ place: Place) { self.place = place }

    /// Reads an address as it is written on a command line.
    package init(parsing text: String) throws(InvalidListenAddress) {
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst(5))
            guard !path.isEmpty else { throw InvalidListenAddress(text, "a path must follow \"unix:\"") }
            // `sockaddr_un` has room for 107 bytes and a zero.
            guard path.utf8.count < 108 else { throw InvalidListenAddress(text, "the path is longer than 107 bytes") }
            place = .unix(path: path)
            return
        }
        guard let colon = text.lastIndex(of: ":") else {
            throw InvalidListenAddress(text, "no port; write host:port, :port, [v6]:port or unix:PATH")
        }
        let digits = text[text.index(after: colon)...]
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(digits) else {
            throw InvalidListenAddress(text, "\"\(digits)\" is no port; ports are 0 to 65535")
        }
        place = .tcp(host: try Self.host(text[..<colon], of: text), port: port)
    }

    private static func host(_ host: Substring, of text: String) throws(InvalidListenAddress) -> String? {
        if host.isEmpty { return nil }
        if host.hasPrefix("[") || host.hasSuffix("]") {
            let inner = host.dropFirst().dropLast()
            guard host.hasPrefix("["), host.hasSuffix("]"), inner.contains(":") else {
                throw InvalidListenAddress(text, "brackets must hold an IPv6 address")
            }
            return String(inner)
        }
        guard !host.contains(":") else {
            throw InvalidListenAddress(text, "an IPv6 address stands in brackets, as in [::1]:13947")
        }
        guard host.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f && $0 != UInt8(ascii: "/") }) else {
            throw InvalidListenAddress(text, "the host name has characters that none can have; a URL is not an address")
        }
        return String(host)
    }

    /// The TCP port; nil for a unix socket.
    package var port: UInt16? {
        if case .tcp(_, let port) = place { port } else { nil }
    }

    /// The host as written, without brackets; nil for every address and for a unix socket.
    package var host: String? {
        if case .tcp(let host, _) = place { host } else { nil }
    }

    /// The address as it is written on a command line.
    package var description: String {
        switch place {
        case .unix(let path): "unix:\(path)"
        case .tcp(nil, let port): ":\(port)"
        case .tcp(let host?, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        }
    }
}

/// A text that is no address to listen on.
package struct InvalidListenAddress: Error, Sendable, Equatable, CustomStringConvertible {
    /// The text as it was given.
    package let text: String
    /// What is wrong with it.
    package let reason: String

    init(_ text: String, _ reason: String) {
        self.text = text
        self.reason = reason
    }

    /// One line: the text and what is wrong with it.
    package var description: String { "cannot listen on \"\(text)\": \(reason)" }
}
