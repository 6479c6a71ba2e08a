import Glibc
import Synchronization

/// One accepted connection, from `MHD_CONNECTION_NOTIFY_STARTED` to `_CLOSED`.
final class HTTPConnection: Sendable {
    let descriptor: Int32
    let isLoopbackPeer: Bool
    /// When the connection ends whatever happens.
    let deadline: Atomic<Nanoseconds>
    /// Since when it waits for a request; `.max` while one is being answered.
    let waitingSince: Atomic<Nanoseconds>
    let hasServed = Atomic<Bool>(false)
    private let ended = Atomic<Bool>(false)
    /// What its TLS session uses, and does not own.
    private let credentials: TLSCredentials?

    init(
        descriptor: Int32, isLoopbackPeer: Bool, credentials: TLSCredentials?, now: Nanoseconds, deadline: Nanoseconds
    ) {
        self.credentials = credentials
        self.descriptor = descriptor
        self.isLoopbackPeer = isLoopbackPeer
        self.deadline = Atomic(deadline)
        waitingSince = Atomic(now)
    }

    var isServing: Bool { waitingSince.load(ordering: .relaxed) == .max }

    /// True once the connection was ended from here; a suspended answer must then not go on.
    var isEnded: Bool { ended.load(ordering: .relaxed) }

    /// Ends the connection in both directions; libmicrohttpd then sees it closed. Call while the line is in the table:
    /// its descriptor is surely its own only then.
    func shutDown() {
        ended.store(true, ordering: .relaxed)
        _ = shutdown(descriptor, Int32(SHUT_RDWR))
    }

    /// Breaks the connection so that the peer gets a TCP reset.
    ///
    /// Connecting to no address is how Linux disconnects a socket that stays open; the descriptor remains
    /// libmicrohttpd's to close. On a unix socket it does nothing, and the connection just closes.
    func reset() {
        ended.store(true, ordering: .relaxed)
        var nowhere = sockaddr()
        nowhere.sa_family = sa_family_t(AF_UNSPEC)
        _ = unsafe connect(descriptor, &nowhere, socklen_t(MemoryLayout<sockaddr>.size))
    }
}
