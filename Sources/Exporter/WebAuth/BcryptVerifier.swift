import Configuration
import Crypto
@unsafe @preconcurrency import Dispatch
import HTTPServer
import Locking

/// Checks passwords, one at a time and on a thread of its own: bcrypt takes 50 ms and more on purpose.
///
/// Verdicts are remembered under a keyed digest of name, stored hash and password, so that a scrape costs microseconds,
/// a changed password is a new question, and no password stays in memory. Right and wrong ones have a memory each:
/// whoever tries many cannot make it forget the right ones.
final class BcryptVerifier: Sendable {
    enum Answer {
        case known(isRight: Bool)
        /// To be asked again when the delay is over.
        case pending(PendingPasswordCheck, Wakeup)
    }

    private struct State {
        var right = AuthCache()
        var wrong = AuthCache()
        var pending: [[UInt8]: PendingPasswordCheck] = [:]
    }

    private let key: [UInt8]
    private let queue = DispatchQueue(label: "passwords")
    private let state = Locked(State())

    /// - Throws: `CryptoError`, when the system has no randomness.
    init() throws(CryptoError) { key = try randomBytes(32) }

    /// What is known of this name and password, or a check that is under way.
    func answer(to given: BasicCredentials, users: [String: Secret]) -> Answer {
        let stored = users[given.user]
        let hash = stored?.revealed ?? Self.dummyHash(like: users.values)
        var message: [UInt8] = []
        for part in [Array(given.user.utf8), Array(hash.utf8), given.password] {
            message += Array("\(part.count):".utf8) + part
        }
        guard let digest = try? hmacSHA256(key: key, message: message) else { return .known(isRight: false) }
        let delay = Wakeup()
        let (answer, isNew) = state.withLock { state -> (Answer, Bool) in
            if state.right.contains(digest) { return (.known(isRight: true), false) }
            if state.wrong.contains(digest) { return (.known(isRight: false), false) }
            let known = state.pending[digest]
            let check = known ?? PendingPasswordCheck()
            state.pending[digest] = check
            check.add(delay)
            return (.pending(check, delay), known == nil)
        }
        if isNew, case .pending(let check, _) = answer {
            queue.async { [self, password = given.password] in
                perform(check, digest) { PasswordHash(hash).fits(password) && stored != nil }
            }
        }
        return answer
    }

    private func perform(_ check: PendingPasswordCheck, _ digest: [UInt8], _ isRight: () -> Bool) {
        let isWanted = state.withLock { state in
            let isWanted = check.isWanted
            if !isWanted { state.pending[digest] = nil }
            return isWanted
        }
        // A client that does not wait for its answer must not make others wait for theirs.
        guard isWanted else { return }
        let verdict = isRight()
        state.withLock { state in
            if verdict { state.right.insert(digest) } else { state.wrong.insert(digest) }
            state.pending[digest] = nil
        }
        check.end(verdict)
    }

    /// For a name that nobody has: a check that takes as long as the longest of the others, so that the time does not
    /// tell which names there are.
    private static func dummyHash(like hashes: some Collection<Secret>) -> String {
        // Two digits after `$2y$`.
        let cost = hashes.map { $0.revealed.dropFirst(4).prefix(2) }.max() ?? "10"
        return "$2b$\(cost)$" + "ThisIsNobodysSaltAtAl.OfNobodysPasswordEverMadeByAny."
    }
}
