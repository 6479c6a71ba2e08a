import Configuration
import Crypto
@unsafe @preconcurrency import Dispatch
import HTTPServer
import Locking

/// Checks passwords against bcrypt hashes on background threads, and remembers the verdicts.
///
/// bcrypt takes 50 ms and more on purpose, so clients must not be able to use all of it:
/// - Verdicts are stored under a keyed digest of name, hash and password. A known password never waits for an unknown
///   one, and accepted and rejected ones have separate caches, so that wrong passwords do not evict right ones.
/// - The queue is bounded, and client addresses take turns, so that one address does not delay another. Of one address
///   the newest password is checked first; the oldest is dropped when there are too many.
/// - A check goes on when its client disconnects: the verdict is known when the client tries again.
/// - Every check takes as long as one with the highest cost, so that the time does not reveal which users exist.
final class BcryptVerifier: Sendable {
    enum Answer {
        case known(isRight: Bool)
        /// The verdict is available when the wakeup fires, unless the check was dropped.
        case pending(Check, Wakeup)
    }

    /// bcrypt ignores the bytes of a password after these, so a longer password is never right.
    static let maxPasswordBytes = 72
    /// The most queued checks of one client address, and of all together.
    static let maxChecksPerClient = 128
    static let maxChecks = 1_024

    private struct State {
        var right = VerdictCache()
        var wrong = VerdictCache()
        var unfinished: [[UInt8]: Check] = [:]
        var queue = FairQueue<Check>(limit: maxChecks, limitPerClient: maxChecksPerClient)
        var running = 0
    }

    private let key: [UInt8]
    private let workers: Int
    private let threads = DispatchQueue(label: "passwords", qos: .utility, attributes: .concurrent)
    private let state = Locked(State())

    /// - Parameter workers: how many checks run at the same time.
    /// - Throws: `CryptoError` when the system has no randomness.
    init(workers: Int = 2) throws(CryptoError) {
        key = try randomBytes(32)
        self.workers = workers
    }

    /// The verdict on a name and password, or a check that is queued.
    ///
    /// - Parameter client: the address for which the queue is fair.
    func verify(_ credentials: BasicCredentials, users: [String: Secret], client: [UInt8]) -> Answer {
        guard credentials.password.count <= Self.maxPasswordBytes else { return .known(isRight: false) }
        guard let digest = digest(credentials, users) else { return .known(isRight: false) }
        let hash = users[credentials.user]?.revealed
        let wakeup = Wakeup()
        let (answer, dropped) = state.withLock { state -> (Answer, Check?) in
            if state.right.contains(digest) { return (.known(isRight: true), nil) }
            if state.wrong.contains(digest) { return (.known(isRight: false), nil) }
            if let check = state.unfinished[digest] {
                check.add(wakeup)
                state.queue.renew(check, client: client)
                return (.pending(check, wakeup), nil)
            }
            let check = Check(
                digest: digest, password: credentials.password, hash: hash,
                cost: users.values.map(Self.cost).max() ?? Self.defaultCost)
            check.add(wakeup)
            state.unfinished[digest] = check
            let dropped = state.queue.append(check, client: client)
            if let dropped { state.unfinished[dropped.digest] = nil }
            return (.pending(check, wakeup), dropped)
        }
        dropped?.finish(nil)
        if case .pending = answer { startWorkers() }
        return answer
    }

    /// Whether this password was found right before.
    func isKnown(_ credentials: BasicCredentials, users: [String: Secret]) -> Bool {
        digest(credentials, users).map { digest in state.withLock { $0.right.contains(digest) } } ?? false
    }

    /// Under what the verdict is stored; nil when GnuTLS fails.
    private func digest(_ credentials: BasicCredentials, _ users: [String: Secret]) -> [UInt8]? {
        var message: [UInt8] = []
        for part in [
            Array(credentials.user.utf8), Array((users[credentials.user]?.revealed ?? "").utf8), credentials.password,
        ] {
            message += Array("\(part.count):".utf8) + part
        }
        return try? hmacSHA256(key: key, message: message)
    }

    private func startWorkers() {
        while let check = nextCheck() {
            threads.async { [self] in
                finish(check, isRight: check.run())
                startWorkers()
            }
        }
    }

    private func nextCheck() -> Check? {
        state.withLock { state in
            guard state.running < workers, let check = state.queue.popFirst() else { return nil }
            state.running += 1
            return check
        }
    }

    private func finish(_ check: Check, isRight: Bool) {
        state.withLock { state in
            if isRight { state.right.insert(check.digest) } else { state.wrong.insert(check.digest) }
            state.unfinished[check.digest] = nil
            state.running -= 1
        }
        check.finish(isRight)
    }

    private static let defaultCost = 10

    /// The two digits after `$2y$`.
    private static func cost(of hash: Secret) -> Int {
        Int(hash.revealed.dropFirst(4).prefix(2)) ?? defaultCost
    }

    /// The check of one password, and the connections that wait for it.
    final class Check: Sendable {
        fileprivate let digest: [UInt8]
        private let password: [UInt8]
        private let hash: String?
        private let cost: Int
        private let state = Locked(State())

        private struct State {
            var verdict: Bool?
            var waiting: [WeakWakeup] = []
        }

        /// The server owns the wakeup as long as its connection exists.
        private struct WeakWakeup: Sendable {
            weak let wakeup: Wakeup?
        }

        fileprivate init(digest: [UInt8], password: [UInt8], hash: String?, cost: Int) {
            self.digest = digest
            self.password = password
            self.hash = hash
            self.cost = cost
        }

        /// Whether the password was right; nil before the check has finished, and for a dropped one.
        var verdict: Bool? { state.withLock(\.verdict) }

        fileprivate func add(_ wakeup: Wakeup) {
            state.withLock { state in
                state.waiting.removeAll { $0.wakeup == nil }
                state.waiting.append(WeakWakeup(wakeup: wakeup))
            }
        }

        /// Checks the password; takes as long as bcrypt with the highest cost of all users.
        ///
        /// bcrypt takes twice as long for each step of the cost: a check with cost c, one more with c, and one each
        /// with c + 1 to m - 1 take together as long as one with m.
        fileprivate func run() -> Bool {
            let own = hash.map { BcryptVerifier.cost(of: Secret($0)) }
            let isRight = hash.map { PasswordHash($0).fits(password) } ?? false
            for cost in (own ?? cost)..<max(cost, own ?? cost + 1) {
                _ = PasswordHash(Self.dummyHash(cost)).fits(password)
            }
            return isRight
        }

        private static func dummyHash(_ cost: Int) -> String {
            "$2b$\(cost < 10 ? "0" : "")\(cost)$abcdefghijklmnopqrstuu" + String(repeating: ".", count: 31)
        }

        /// Wakes the connections; nil drops the check.
        fileprivate func finish(_ isRight: Bool?) {
            let waiting = state.withLock { state in
                state.verdict = isRight
                return state.waiting
            }
            for each in waiting { each.wakeup?.fire() }
        }
    }
}

/// The newest hundred digests, as exporter-toolkit keeps them.
struct VerdictCache {
    private static let limit = 100
    private var digests: Set<[UInt8]> = []
    private var order: [[UInt8]] = []
    private var next = 0

    func contains(_ digest: [UInt8]) -> Bool { digests.contains(digest) }

    mutating func insert(_ digest: [UInt8]) {
        guard digests.insert(digest).inserted else { return }
        if order.count < Self.limit {
            order.append(digest)
        } else {
            digests.remove(order[next])
            order[next] = digest
            next = (next + 1) % Self.limit
        }
    }
}
