/// An address to listen on: `host:port`, `:port` (every address, IPv4 and IPv6), `[v6]:port` or `unix:PATH`.
///
/// Port 0 is any free port. `[::]:port` accepts IPv4 as well, as other exporters do.
package struct ListenAddress: Sendable, Hashable, CustomStringConvertible {
    /// What is listened on.
    package let place: Place

    /// A TCP port, or the path of a unix socket.
    package enum Place: Sendable, Hashable {
        /// Without a host: every address.
        case tcp(host: String?, port: UInt16)
        case unix(path: String)
    }

    /// An address as given, without any check.
    package init(_ place: Place) { self.place = place }

    /// Reads an address as it is written on a command line. Only its form is checked: binding may still fail.
    package init(parsing text: String) throws(InvalidListenAddress) {
        do throws(ValidationError) {
            place = try Self.place(text)
        } catch {
            throw InvalidListenAddress(text, error.description)
        }
    }

    private static func place(_ text: String) throws(ValidationError) -> Place {
        let form = "needs host:port, :port, [v6]:port or unix:PATH"
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst(5))
            guard !path.isEmpty else { throw ValidationError(form) }
            // `sockaddr_un` has 108 bytes, the last of which is zero.
            guard path.utf8.count < 108 else { throw ValidationError("has a path of more than 107 bytes") }
            return .unix(path: path)
        }
        guard let colon = text.lastIndex(of: ":") else { throw ValidationError(form) }
        let digits = text[colon...].dropFirst()
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(digits) else {
            throw ValidationError("needs a port from 0 to 65535")
        }
        let host = text[..<colon]
        guard !host.isEmpty else { return .tcp(host: nil, port: port) }
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]") && host.utf8.count > 1
        let inner = isBracketed ? host.dropFirst().dropLast() : host
        guard isBracketed || !inner.contains(":") else {
            throw ValidationError("needs brackets around its IPv6 address, as in [::1]:13947")
        }
        let parsed = try URLHost(parsing: inner, isBracketed: isBracketed, allowsZone: true)
        return .tcp(host: parsed.text, port: port)
    }

    /// The TCP port; nil for a unix socket.
    package var port: UInt16? {
        if case .tcp(_, let port) = place { port } else { nil }
    }

    /// The host in lower case and without brackets; nil for every address and for a unix socket.
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

/// A text that is not an address to listen on.
package struct InvalidListenAddress: Error, Sendable, Equatable, CustomStringConvertible {
    /// The text as it was given.
    package let text: String
    /// What is wrong with it, as the end of a sentence: `needs a port from 0 to 65535`.
    package let reason: String

    /// An error for this text.
    init(_ text: String, _ reason: String) {
        self.text = text
        self.reason = reason
    }

    /// One line: the text and what is wrong with it.
    package var description: String { "cannot listen on \"\(text)\": it \(reason)" }
}
