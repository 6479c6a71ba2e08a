@unsafe @preconcurrency import Dispatch
import Glibc
import Locking

/// Resolves names of hosts on a thread of its own, because `getaddrinfo` has no deadline.
///
/// A lookup that is late continues, and the next call gets what it finds: glibc asks a second name server only after
/// five seconds.
final class HostResolver: Sendable {
    private let lookUp: @Sendable (String) -> Result<[String], PostgresError>
    private let lookups = Locked<[String: Lookup]>([:])

    private final class Lookup: Sendable {
        let isDone = DispatchSemaphore(value: 0)
        let result = Locked<Result<[String], PostgresError>?>(nil)
    }

    /// - Parameter lookUp: Finds the addresses of a name, and may block.
    init(lookUp: @escaping @Sendable (String) -> Result<[String], PostgresError> = systemAddresses) {
        self.lookUp = lookUp
    }

    /// Begins to resolve a name, unless that has begun already.
    @discardableResult
    private func lookup(of name: String) -> Lookup {
        lookups.withLock { lookups in
            if let known = lookups[name] { return known }
            let lookup = Lookup()
            lookups[name] = lookup
            DispatchQueue(label: "resolver").async { [lookUp] in
                let found = lookUp(name)
                lookup.result.withLock { $0 = found }
                lookup.isDone.signal()
            }
            return lookup
        }
    }

    /// Begins to resolve names, all at the same time.
    func begin(_ names: [String]) { for name in names { lookup(of: name) } }

    /// The addresses of a name, the preferred one first.
    func addresses(of name: String, before deadline: Deadline) throws(PostgresError) -> [String] {
        let lookup = lookup(of: name)
        _ = lookup.isDone.wait(timeout: .now() + .milliseconds(Int(deadline.milliseconds)))
        guard let result = lookup.result.withLock({ $0 }) else {
            throw PostgresError(.late, "\(name): no answer of a name server in time")
        }
        lookups.withLock { $0[name] = nil }
        return try result.get()
    }
}

/// What `getaddrinfo` finds, in its order.
private func systemAddresses(of name: String) -> Result<[String], PostgresError> {
    var hints = unsafe addrinfo()
    unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    let status = unsafe getaddrinfo(name, nil, &hints, &list)
    guard status == 0 else {
        return .failure(PostgresError(.lost, unsafe "\(name): \(String(cString: gai_strerror(status)))"))
    }
    defer { unsafe freeaddrinfo(list) }
    var addresses: [String] = []
    var next = unsafe list
    while let entry = unsafe next {
        var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        if unsafe getnameinfo(
            entry.pointee.ai_addr, entry.pointee.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0
        {
            addresses.append(String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
        }
        unsafe next = entry.pointee.ai_next
    }
    return addresses.isEmpty ? .failure(PostgresError(.lost, "\(name): it has no address")) : .success(addresses)
}
