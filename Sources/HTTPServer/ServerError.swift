package import Values

/// Why a server could not start; `description` is one line that says what to do.
package enum ServerError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Somebody listens there already.
    case addressInUse(ListenAddress)
    /// The system forbids it: a port under 1024, or a directory that is not ours to write.
    case notPermitted(ListenAddress)
    /// The host name has no address.
    case unresolvable(ListenAddress, reason: String)
    /// A file that is no socket stands where the unix socket should be.
    case fileInTheWay(ListenAddress)
    /// Any other refusal of the system.
    case cannotListen(ListenAddress, reason: String)
    /// The certificate or its key cannot be used.
    case badIdentity(reason: String)
    /// The authorities that sign the certificates of clients cannot be used.
    case badAuthorities(reason: String)
    /// A descriptor that was handed over is no listening stream socket.
    case badDescriptor(Int32, reason: String)
    /// The process lacks something that has nothing to do with an address.
    case cannotStart(String)

    /// The system gives the process no more descriptors or threads.
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
            "cannot listen on \(address): the host name has no address (\(reason)); write an address of this machine"
        case .fileInTheWay(let address):
            "cannot listen on \(address): a file that is no socket stands there; remove it or choose another path"
        case .cannotListen(let address, let reason):
            "cannot listen on \(address): \(reason)"
        case .badIdentity(let reason):
            "cannot serve TLS: \(reason); give a certificate chain and its private key in PEM form"
        case .badAuthorities(let reason):
            "cannot verify clients: \(reason); give the certificates of authorities in PEM form"
        case .badDescriptor(let number, let reason):
            "cannot serve on descriptor \(number), which was handed over: \(reason)"
        case .cannotStart(let reason):
            "cannot start the server: \(reason)"
        }
    }
}
