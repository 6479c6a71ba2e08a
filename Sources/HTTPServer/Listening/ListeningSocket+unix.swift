import Glibc
import Values

extension ListeningSocket {
    /// Listens at a path, for the owner and the group; a file left over by a dead process is replaced.
    static func openUnix(_ path: String, for address: ListenAddress) throws(ServerError) -> Self {
        let place = SocketAddress(unixPath: path)
        try clear(path, place, for: address)
        let socket = try OpenSocket(family: AF_UNIX, for: address)
        // Linux gives the file the socket's mode, less the umask: nobody else can connect even for a moment.
        fchmod(socket.descriptor, 0o660)
        try socket.listen(at: place, for: address)
        _ = unsafe chmod(path, 0o660)
        return ListeningSocket(socket, at: address, file: SocketFile(path: path))
    }

    /// Removes a socket file on which nobody answers.
    private static func clear(_ path: String, _ place: SocketAddress, for address: ListenAddress) throws(ServerError) {
        var facts = stat()
        guard unsafe lstat(path, &facts) == 0 else { return }
        guard facts.st_mode & S_IFMT == S_IFSOCK else { throw .fileInTheWay(address) }
        let probe = try OpenSocket(family: AF_UNIX, for: address)
        let code = unsafe place.withPointer { unsafe connect(probe.descriptor, $0, $1) }
        // Anything but a refusal means that somebody is there: a full backlog, or no permission to ask.
        guard code != 0, errno == ECONNREFUSED else { throw .addressInUse(address) }
        _ = unsafe unlink(path)
    }
}

/// The file of a unix socket, known again by its inode.
struct SocketFile: Sendable {
    private let path: String
    private let device: dev_t
    private let inode: ino_t

    init(path: String) {
        self.path = path
        var facts = stat()
        unsafe lstat(path, &facts)
        device = facts.st_dev
        inode = facts.st_ino
    }

    /// Removes the file unless another has taken its place.
    func remove() {
        var facts = stat()
        guard unsafe lstat(path, &facts) == 0, facts.st_dev == device, facts.st_ino == inode else { return }
        _ = unsafe unlink(path)
    }
}
