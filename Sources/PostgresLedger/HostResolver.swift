@unsafe @preconcurrency import Dispatch
import Glibc
import Locking

/// Resolves names of hosts on a thread of its own, because `getaddrinfo` has no deadline.
///
/// A lookup that is late continues, and the next call gets what it finds: glibc asks a second name server only after
/// five seconds. What is old is looked up again.
final class HostResolver: Sendable {
    private let lookUp: @Sendable (String) -> Result<[String], PostgresError>
    private let usableSeconds: Double
    private let lookups = Locked<[String: Lookup]>([:])

    private final class Lookup: Sendable {
        let isDone = DispatchSemaphore(value: 0)
        private let found = Locked<(result: Result<[String], PostgresError>, end: Deadline)?>(nil)

        func end(_ result: Result<[String], PostgresError>, usableSeconds: Double) {
            found.withLock { $0 = (result, Deadline(seconds: usableSeconds)) }
            isDone.signal()
        }

        /// Nil until it has ended.
        var result: Result<[String], PostgresError>? { found.withLock { $0?.result } }

        /// Whether what was found is old.
        var isOld: Bool { found.withLock { $0?.end.isOver ?? false } }
    }

    /// - Parameters:
    ///   - usableSeconds: How long the next call may use what was found. Of several hosts all are resolved, and one is
    ///     needed.
    ///   - lookUp: Finds the addresses of a name, and may block.
    init(
        usableSeconds: Double = 30,
        lookUp: @escaping @Sendable (String) -> Result<[String], PostgresError> = systemAddresses
    ) {
        self.usableSeconds = usableSeconds
        self.lookUp = lookUp
    }

    /// Begins to resolve a name, unless that has begun already.
    @discardableResult
    private func lookup(of name: String) -> Lookup {
        lookups.withLock { lookups in
            if let known = lookups[name], !known.isOld { return known }
            let lookup = Lookup()
            lookups[name] = lookup
            DispatchQueue(label: "resolver").async { [lookUp, usableSeconds] in
                lookup.end(lookUp(name), usableSeconds: usableSeconds)
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
        guard let result = lookup.result else {
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
