import CCrypt
import Configuration
import HTTPServer
import Locking
import TestSupport
import Testing

@testable import WebAuth

/// Who knows the password, and what it costs to find out.
@Suite struct BcryptVerifierTests {
    private let checks: BcryptVerifier

    init() throws { checks = try BcryptVerifier() }

    private func hash(_ password: String, cost: String = "04") -> Secret {
        var data = crypt_data()
        return Secret(crypt_r(password, "$2b$\(cost)$abcdefghijklmnopqrstuu", &data).map { String(cString: $0) } ?? "")
    }

    private func credentials(_ user: String, _ password: String) -> BasicCredentials {
        BasicCredentials(user: user, password: Array(password.utf8))
    }

    private static let client: [UInt8] = [127, 0, 0, 1]

    /// The verdict, awaited, and whether it was known at once.
    private func verdict(
        _ user: String, _ password: String, among users: [String: Secret], client: [UInt8] = client
    ) async -> (isRight: Bool, isKnown: Bool) {
        switch checks.verify(credentials(user, password), users: users, client: client) {
        case .known(let isRight): return (isRight, true)
        case .pending(let check, let delay):
            await withCheckedContinuation { continuation in delay.onFire { continuation.resume() } }
            return (check.verdict == true, false)
        }
    }

    @Test func `a verdict is found once and then known, right or wrong`() async {
        let users = ["alice": hash("geheim")]
        for (user, password, isRight) in [
            ("alice", "geheim", true), ("alice", "falsch", false), ("bob", "geheim", false), ("", "", false),
        ] {
            #expect(await verdict(user, password, among: users) == (isRight, false))
            #expect(await verdict(user, password, among: users) == (isRight, true))
        }
    }

    @Test func `another hash is another question`() async {
        #expect(await verdict("alice", "geheim", among: ["alice": hash("geheim")]) == (true, false))
        #expect(await verdict("alice", "geheim", among: ["alice": hash("anders")]) == (false, false))
        #expect(await verdict("alice", "anders", among: ["alice": hash("anders")]) == (true, false))
        #expect(await verdict("alice", "geheim", among: [:]) == (false, false))
    }

    @Test func `name and password are kept apart`() async {
        let users = ["alice": hash("xgeheim"), "alicex": hash("y")]
        #expect(await verdict("alice", "xgeheim", among: users) == (true, false))
        #expect(await verdict("alicex", "geheim", among: users) == (false, false))
    }

    @Test func `hundreds of wrong passwords do not make it forget the right one, nor fill the memory`() async {
        let users = ["alice": hash("geheim")]
        #expect(await verdict("alice", "geheim", among: users) == (true, false))
        for number in 0..<250 { #expect(await verdict("alice", "\(number)", among: users) == (false, false)) }
        #expect(await verdict("alice", "geheim", among: users) == (true, true))
        #expect(await verdict("alice", "249", among: users) == (false, true))
        #expect(await verdict("alice", "0", among: users) == (false, false))
        var memory = VerdictCache()
        for number in 0..<UInt8(250) { memory.insert([number]) }
        #expect((0..<UInt8(250)).filter { memory.contains([$0]) } == Array(150..<250))
    }

    @Test func `the time does not show which users exist, nor the costs of their hashes`() async {
        let users = ["alice": hash("geheim", cost: "08"), "old": hash("geheim", cost: "05")]
        let clock = ContinuousClock()
        var times: [String: Duration] = [:]
        var ratios: [Double] = [0]
        // The shortest of some, of more on a busy machine. Without the additional work the ratios would be 0 and 0.1.
        for round in 0..<50 where round < 5 || !ratios.allSatisfy({ (0.5...2).contains($0) }) {
            for name in ["alice", "unknown", "old"] {
                let time = await clock.measure { _ = await verdict(name, "\(round)", among: users) }
                times[name] = min(times[name] ?? time, time)
            }
            ratios = ["unknown", "old"].map { (times[$0] ?? .zero) / (times["alice"] ?? .zero) }
        }
        #expect(ratios.allSatisfy { (0.5...2).contains($0) }, "\(times)")
    }

    @Test func `a check goes on when its client disconnects, and the verdict is known afterwards`() async throws {
        let users = ["alice": hash("geheim", cost: "08")]
        // The wakeup is released at once, as the server does when a connection ends.
        _ = checks.verify(credentials("alice", "geheim"), users: users, client: Self.client)
        #expect(
            try await eventually {
                if case .known(true) = checks.verify(credentials("alice", "geheim"), users: users, client: Self.client)
                {
                    true
                } else {
                    false
                }
            })
    }

    @Test func `clients take turns, the queue of each is bounded, and a known password never waits`() async {
        let users = ["alice": hash("geheim", cost: "10"), "bob": hash("other", cost: "04")]
        #expect(await verdict("bob", "other", among: users).isRight)
        let queued = (0..<500).compactMap { number in
            switch checks.verify(credentials("alice", "\(number)"), users: users, client: Self.client) {
            case .pending(let check, let wakeup): (check: check, wakeup: wakeup)
            case .known: nil
            }
        }
        let dropped = Locked(0)
        for (check, wakeup) in queued {
            wakeup.onFire { if check.verdict == nil { dropped.withLock { $0 += 1 } } }
        }
        #expect(dropped.withLock { $0 } >= 500 - BcryptVerifier.maxChecksPerClient - 10)
        #expect(await verdict("bob", "other", among: users) == (true, true))
        let clock = ContinuousClock()
        let one = await clock.measure {
            #expect(await verdict("alice", "geheim", among: users, client: [127, 0, 0, 2]) == (true, false))
        }
        let next = await clock.measure { _ = await verdict("alice", "falsch", among: users, client: [127, 0, 0, 3]) }
        // Behind the queue of the first client each would take as long as sixty checks and more.
        #expect(one < next * 20 && next < one * 20, "\(one) \(next)")
    }

    @Test func `a password that bcrypt would cut is refused`() async {
        let long = String(repeating: "a", count: 72)
        let users = ["alice": hash(long)]
        #expect(await verdict("alice", long, among: users) == (true, false))
        #expect(await verdict("alice", long + "b", among: users) == (false, true))
    }

    @Test func `many who ask the same wait for one check`() async {
        let users = ["alice": hash("geheim", cost: "10")]
        let clock = ContinuousClock()
        let one = await clock.measure { _ = await verdict("alice", "falsch", among: users) }
        let time = await clock.measure {
            await withTaskGroup { group in
                for _ in 0..<100 { group.addTask { await verdict("alice", "geheim", among: users).isRight } }
                for await isRight in group { #expect(isRight) }
            }
        }
        #expect(time < one * 50)
    }

    @Test(arguments: [
        ("Basic YWxpY2U6Z2VoZWlt", "alice", "geheim"), ("basic  YWxpY2U6YTpi", "alice", "a:b"), ("BASIC Og==", "", ""),
    ])
    func `a header is read as RFC 7617 says`(header: String, user: String, password: String) {
        let read = BasicCredentials(header)
        #expect(read?.user == user)
        #expect(read?.password == Array(password.utf8))
    }

    @Test(arguments: [
        "", "Basic", "Basic ", "Bearer YWxpY2U6Z2VoZWlt", "Basic !!!", "Basic YWxpY2U=", "YWxpY2U6Z2VoZWlt",
    ])
    func `what is no name and password is nothing`(header: String) {
        #expect(BasicCredentials(header) == nil)
    }

    @Test func `sockets are those that the environment hands to this process`() throws {
        #expect(
            try SystemdSockets.descriptors(
                ["LISTEN_PID": "7", "LISTEN_FDS": "2"], areRequired: false, process: 7) == [3, 4])
        for environment in [
            [:], ["LISTEN_FDS": "1"], ["LISTEN_PID": "7"], ["LISTEN_PID": "8", "LISTEN_FDS": "1"],
            ["LISTEN_PID": "7", "LISTEN_FDS": "0"], ["LISTEN_PID": "7", "LISTEN_FDS": "-1"],
            ["LISTEN_PID": "7", "LISTEN_FDS": "many"], ["LISTEN_PID": "", "LISTEN_FDS": ""],
            ["LISTEN_PID": "7", "LISTEN_FDS": "9999999999"],
        ] {
            #expect(throws: SocketActivationError.self) {
                try SystemdSockets.descriptors(environment, areRequired: true, process: 7)
            }
            #expect(try SystemdSockets.descriptors(environment, areRequired: false, process: 7) == [])
        }
    }
}
