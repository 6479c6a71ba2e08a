import Glibc
package import Values

/// Why a server could not start; `description` is one line.
package enum ServerError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Another listener uses the address.
    case addressInUse(ListenAddress)
    /// The port is below 1024, or the directory of the socket is not writable.
    case notPermitted(ListenAddress)
    /// The host name has no address.
    case unresolvable(ListenAddress, reason: String)
    /// The path of the unix socket is a file of another type.
    case fileInTheWay(ListenAddress)
    /// Another error of the system.
    case cannotListen(ListenAddress, reason: String)
    /// The certificate or its key is not usable.
    case badIdentity(reason: String)
    /// The certificate authorities for clients are not usable.
    case badAuthorities(reason: String)
    /// A descriptor that was handed over is not a listening stream socket.
    case badDescriptor(Int32, reason: String)
    /// The process lacks a resource.
    case cannotStart(String)

    /// The process reached its limit of descriptors or threads.
    static func outOfResources(_ what: String) -> ServerError {
        .cannotStart("\(what); raise the limits of open files and threads (ulimit -n, ulimit -u)")
    }

    /// What is wrong, and what to do.
    package var description: String {
        switch self {
        case .addressInUse(let address):
            "cannot listen on \(address): the address is already in use; stop what listens there or choose another"
        case .notPermitted(let address):
            "cannot listen on \(address): permission denied; choose a port above 1023 or a directory that this user "
                + "may write to"
        case .unresolvable(let address, let reason):
            "cannot listen on \(address): the host name has no address (\(reason)); use an address of this machine"
        case .fileInTheWay(let address):
            "cannot listen on \(address): the path is a file that is not a socket; remove it or choose another path"
        case .cannotListen(let address, let reason):
            "cannot listen on \(address): \(reason)"
        case .badIdentity(let reason):
            "cannot serve TLS: \(reason); use a certificate chain and its private key in PEM form"
        case .badAuthorities(let reason):
            "cannot verify clients: \(reason); use certificates of authorities in PEM form"
        case .badDescriptor(let number, let reason):
            "cannot serve on descriptor \(number), which was handed over: \(reason)"
        case .cannotStart(let reason):
            "cannot start the server: \(reason)"
        }
    }
}

/// The text of an `errno` (`strerror_r`).
func systemText(_ number: Int32) -> String {
    unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer -> String in
        guard let start = buffer.baseAddress, unsafe strerror_r(number, start, buffer.count) == 0 else {
            return "error \(number)"
        }
        return unsafe String(cString: start)
    }
}
