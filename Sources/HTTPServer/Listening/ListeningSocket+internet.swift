import Glibc
import Values

extension ListeningSocket {
    /// Listens on every address of a name; without one on every address of the machine, with one socket for both
    /// families where there is IPv6.
    static func openInternet(
        _ host: String?, port: UInt16, for address: ListenAddress
    ) throws(ServerError) -> [SocketBox] {
        let places = try SocketAddress.resolve(host, port: port, for: address)
        guard host != nil else {
            // The IPv6 wildcard takes IPv4 as well, so it must come first and alone.
            let ordered = places.filter { $0.family == AF_INET6 } + places.filter { $0.family != AF_INET6 }
            return [try openFirst(ordered, for: address)]
        }
        // A name with several addresses and a port of the system's choice: the first choice may be taken on the others.
        var attempts = port == 0 && places.count > 1 ? 16 : 1
        while true {
            attempts -= 1
            do { return try openAll(places, for: address) } catch {
                guard attempts > 0, case .addressInUse = error else { throw error }
            }
        }
    }

    private static func openFirst(_ places: [SocketAddress], for address: ListenAddress) throws(ServerError)
        -> SocketBox
    {
        var last = ServerError.unresolvable(address, reason: "no address")
        for place in places {
            do { return SocketBox(try open(place, for: address)) } catch {
                guard case .cannotListen = error else { throw error }
                last = error
            }
        }
        throw last
    }

    /// Addresses that this machine does not have (`localhost` where IPv6 is off) are left out, unless all are such.
    private static func openAll(_ places: [SocketAddress], for address: ListenAddress) throws(ServerError)
        -> [SocketBox]
    {
        var sockets: [SocketBox] = []
        var last = ServerError.unresolvable(address, reason: "no address")
        for var place in places {
            if place.port == 0, let first = sockets.first { place.port = first.socket.address.port ?? 0 }
            do { sockets.append(SocketBox(try open(place, for: address))) } catch {
                guard case .cannotListen = error else { throw error }
                last = error
            }
        }
        guard !sockets.isEmpty else { throw last }
        return sockets
    }

    private static func open(_ place: SocketAddress, for address: ListenAddress) throws(ServerError) -> Self {
        let socket = try OpenSocket(family: place.family, for: address)
        // A restarted program must not wait for its predecessor's closed connections; a living listener still refuses.
        socket.set(SOL_SOCKET, SO_REUSEADDR, 1)
        if place.family == AF_INET6 { socket.set(Int32(IPPROTO_IPV6), IPV6_V6ONLY, 0) }
        try socket.listen(at: place, for: address)
        let bound = ListenAddress(.tcp(host: address.host, port: socket.boundPort()))
        return ListeningSocket(socket, at: bound)
    }
}
