/// One of the hosts that a URI names.
struct PostgresHost: Sendable, Equatable {
    /// A name, an address or the directory of a unix socket; empty for the default socket of libpq.
    let name: String
    /// The address, where the URI has it: the name is then not resolved.
    let address: String?
    /// Nil for the default port.
    let port: String?

    /// The hosts of the parameters `host`, `hostaddr` and `port`, each a list with commas; nil if they do not fit
    /// together. One port is that of all hosts.
    static func list(names: String?, addresses: String?, ports: String?) -> [PostgresHost]? {
        let (names, addresses, ports) = (split(names), split(addresses), split(ports))
        let count = max(names.count, addresses.count, 1)
        guard [0, count].contains(names.count), [0, count].contains(addresses.count),
            [0, 1, count].contains(ports.count)
        else { return nil }
        return (0..<count).map { index in
            let address = addresses.isEmpty || addresses[index].isEmpty ? nil : addresses[index]
            let port = ports.count > 1 ? ports[index] : ports.first ?? ""
            return PostgresHost(
                name: names.isEmpty ? "" : names[index], address: address, port: port.isEmpty ? nil : port)
        }
    }

    private static func split(_ list: String?) -> [String] {
        guard let list, !list.isEmpty else { return [] }
        return list.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }

    /// Whether it has to be resolved.
    var isName: Bool { address == nil && !name.isEmpty && !name.hasPrefix("/") && !name.hasPrefix("@") }

    /// The parameters of libpq for this host.
    ///
    /// - Parameter address: What its name was resolved to; the certificate is valid for the name.
    func parameters(at address: String?) -> [(keyword: String, value: String)] {
        [("host", name.isEmpty ? nil : name), ("hostaddr", address ?? self.address), ("port", port)]
            .compactMap { keyword, value in value.map { (keyword, $0) } }
    }

    /// How messages name it.
    func description(at address: String?) -> String {
        let place = name.isEmpty ? self.address ?? "local socket" : name
        return address.map { $0 == place ? place : "\(place) (\($0))" } ?? place
    }
}
